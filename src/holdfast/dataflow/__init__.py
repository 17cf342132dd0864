"""The one thin adapter to the data engine: a pure function over the shards of a data set, on one core or on a cluster."""

from holdfast.dataflow.quiet import silence_telemetry

# Before anything else of this folder, since Daft asks the network while it is imported.
silence_telemetry()

from holdfast.dataflow.crew import Crew  # noqa: E402
from holdfast.dataflow.memory import give_memory_back  # noqa: E402
from holdfast.dataflow.running import ENGINES, SMALL, Engine, choose_engine, processors, run  # noqa: E402
from holdfast.dataflow.shelf import Shelf, Shelved  # noqa: E402

__all__ = [
    "ENGINES",
    "SMALL",
    "Crew",
    "Engine",
    "Shelf",
    "Shelved",
    "choose_engine",
    "give_memory_back",
    "processors",
    "run",
    "silence_telemetry",
]
