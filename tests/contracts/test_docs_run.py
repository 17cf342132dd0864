"""Every block that a page marks as run is run, page by page in an empty folder, and ends and prints as the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contracts.pages import PAGES, Block, blocks, name_of

WITH_BLOCKS = [page for page in PAGES if any(block.runs for block in blocks(page))]
SLOW = [page for page in WITH_BLOCKS if any(block.runs and "lab:" in block.text for block in blocks(page))]
QUICK = [page for page in WITH_BLOCKS if page not in SLOW]


def _run(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if not block.runs:
            continue
        done = subprocess.run(
            _command(block), cwd=folder, env=_environment(folder), capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == block.exit, f"{name_of(page)}:{block.line}\n{done.stdout}{done.stderr}"
        assert block.prints in (None, done.stdout), f"{name_of(page)}:{block.line} prints\n{done.stdout}"


def _command(block: Block) -> list[str]:
    if block.language == "python":
        return [sys.executable, "-c", block.text]
    assert block.language == "bash", f"a block of {block.language!r} cannot be run"
    return ["bash", "-euo", "pipefail", "-c", block.text]


def _environment(folder: Path) -> dict[str, str]:
    here = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HOLDFAST_HISTORY": str(folder / "history.db"),
    }


@pytest.mark.parametrize("page", QUICK, ids=name_of)
def test_what_a_page_shows_happens(page: Path, tmp_path: Path) -> None:
    _run(page, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW, ids=name_of)
def test_what_a_page_shows_with_organisms_happens(page: Path, tmp_path: Path) -> None:
    _run(page, tmp_path)


def test_python_blocks_that_are_not_run_are_python() -> None:
    for page in PAGES:
        for block in blocks(page):
            if block.language == "python":
                compile(block.text, f"{name_of(page)}:{block.line}", "exec")


def test_pages_of_the_kinds_that_teach_are_run() -> None:
    assert {"docs/tutorials/first-verdict.md", "docs/explanation/statistics.md", "docs/explanation/article.md"} <= {
        name_of(page) for page in WITH_BLOCKS
    }
