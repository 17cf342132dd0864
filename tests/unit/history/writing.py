"""A process of its own that records runs, for the tests of several writers: `python -m tests.unit.history.writing URL FOLDER...`."""

from __future__ import annotations

import sys
from pathlib import Path

from holdfast.history import History, read_run


def main() -> None:
    """Record every folder, opening the history anew for each as a command does."""
    url, *folders = sys.argv[1:]
    for folder in folders:
        with History(url) as history:
            history.record(read_run(Path(folder)))


if __name__ == "__main__":
    main()
