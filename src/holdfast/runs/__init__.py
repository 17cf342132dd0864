"""The run folder: manifest, append-only evidence, resume."""

from holdfast.runs.evidence import EvidenceLog
from holdfast.runs.finishing import SAME_COMMAND, still_to_come, unfinished, with_unfinished
from holdfast.runs.folder import RunFolder, read_measurements, write_atomically
from holdfast.runs.manifest import Manifest, differences

__all__ = [
    "SAME_COMMAND",
    "EvidenceLog",
    "Manifest",
    "RunFolder",
    "differences",
    "read_measurements",
    "still_to_come",
    "unfinished",
    "with_unfinished",
    "write_atomically",
]
