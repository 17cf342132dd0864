"""Signs of poisoning, per source and per host or author. Nothing is removed by them; people look and decide.

tongues.py    which language a word tells;  tails.py  what is odd about the end of a document
oddities.py   what the measuring pass keeps: odd tails, and a sample of the others
tally.py      documents per host or author and day;  families.py  what is counted of them;  rates.py  how hosts differ by nature
standing_out.py, looking_up.py, telling.py    who stands out, which documents, in words
bursts.py, hosts.py, dump_edits.py            one signal each
grams.py, triggers.py, strings.py             strings that go with odd tails
find.py       all of them
"""

from holdfast.corpus.signals.find import collectors, find_signals

__all__ = ["collectors", "find_signals"]
