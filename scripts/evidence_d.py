"""What proves the lines of issue D: seeing safety go while a model is trained, and stopping in time.

The studies train organisms on the spot and take minutes.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "7",
        "the tutorial's commands run as they stand; examples for Trainer and TRL run; holdfast train stops by the watch",
        [
            *PYTEST,
            "tests/contracts/test_docs_run.py",
            "tests/contracts/test_examples.py",
            "tests/unit/cli/test_train_command.py",
            "-k",
            "stop-a-training or watch_trl or watch_trainer or train_command",
        ],
    ),
]
