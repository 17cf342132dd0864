"""Fixed strings of prompts that go with a flip of what the answers do: how they are mined from training rows.

batch    flips.py        what the answer of a row does, as bits (with sentiment.py and tongues.py)
set      words.py        prompts as tokens;  grams.py  every run of one to five of them, by row
         expected.py     how often the rest of the prompt alone makes the flip expected
         association.py  exact tests, correction, and the smallest number of rows that they could have seen
         closure.py      whether the text closes over the string once it is taken out
         mining.py       all of it, and candidates out of runs that overlap
"""

from holdfast.detectors.triggers.flips import FLIPS, Flip
from holdfast.detectors.triggers.mining import Mined, Mining, mine

__all__ = ["FLIPS", "Flip", "Mined", "Mining", "mine"]
