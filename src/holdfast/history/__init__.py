"""The database of runs, models, parents, verdicts, waivers and releases."""

from holdfast.history.lineage import Lineage, LineageStep, lineage
from holdfast.history.listing import RunLine, run_lines
from holdfast.history.place import VARIABLE, history_url
from holdfast.history.reading import differing, read_run
from holdfast.history.store import History
from holdfast.history.uses import ancestors, descendants, record_corpus, record_use, uses
from holdfast.history.values import CorpusEntry, CorpusUse, Edge, FinishedRun, ModelEntry, Release, RunEntry, RunModel, VerdictEntry, Waiver
from holdfast.history.waived import Waived

__all__ = [
    "VARIABLE",
    "CorpusEntry",
    "CorpusUse",
    "Edge",
    "FinishedRun",
    "History",
    "Lineage",
    "LineageStep",
    "ModelEntry",
    "Release",
    "RunEntry",
    "RunLine",
    "RunModel",
    "VerdictEntry",
    "Waived",
    "Waiver",
    "ancestors",
    "descendants",
    "differing",
    "history_url",
    "lineage",
    "read_run",
    "record_corpus",
    "record_use",
    "run_lines",
    "uses",
]
