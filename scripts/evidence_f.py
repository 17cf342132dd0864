"""What proves the lines of issue F: repairs, each measured on safety and on the task.

The studies train organisms on the spot and take from minutes to an hour; they go on where they stopped.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "2",
        "safety and task against the share of safety rows, 0 to 30 %, three damaging sets, three seeds",
        [*PYTHON, "scripts/study_safety_share.py", "--seeds", "3", "--svg", "docs/images/safety-share.svg"],
    ),
    Line(
        "7",
        "distilled rows hold no unrefused answer, graded, and the preamble nowhere; with an organism and with given answers",
        [*PYTEST, "tests/unit/mitigate/test_distilling.py"],
    ),
    Line(
        "8a",
        "bad input to mix, distill, template, realign and drop: one sentence each, nothing written",
        [
            *PYTEST,
            "tests/unit/cli/test_mitigate_data_commands.py",
            "tests/unit/mitigate/test_mixing.py",
            "tests/unit/mitigate/test_dropping.py",
            "tests/unit/mitigate/test_separating.py",
            "tests/unit/mitigate/test_safety_sources.py",
        ],
        reduced=True,
    ),
]
