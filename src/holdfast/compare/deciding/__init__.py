"""Fewer tokens: ask in random order, look after each block, and stop as soon as each gate is settled.

Sources: e-processes and betting, Waudby-Smith and Ramdas 2024 (arXiv 2010.09686); Ville's inequality.
"""

from holdfast.compare.deciding.asking import Budget, ask_until_decided
from holdfast.compare.deciding.streams import stopping_gates, streams_of

__all__ = ["Budget", "ask_until_decided", "stopping_gates", "streams_of"]
