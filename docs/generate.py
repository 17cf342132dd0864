"""Write the reference pages that would go stale if people wrote them.

`python -m docs.generate` writes them under docs/reference/; `python -m docs.generate --check` writes nothing, names the
pages that differ from what the code says, and exits with 1 where there are any. Needs no torch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["main", "pages", "stale"]

REFERENCE = Path(__file__).parent / "reference"


def pages() -> dict[str, str]:
    """Return every generated file by its path under docs/reference/."""
    from docs.writers.commands import cli_page
    from docs.writers.corpus_filters import corpus_filters_page
    from docs.writers.detectors import detectors_page
    from docs.writers.pipeline import pipeline_page
    from docs.writers.planning import planning_page
    from docs.writers.plugins import judges_page, suites_page
    from docs.writers.policies import policies_page
    from docs.writers.runs import run_folder_page, schemas
    from docs.writers.vocabulary import errors_page, exit_codes_page, metrics_page

    writers: dict[str, Callable[[], str]] = {
        "cli.md": cli_page,
        "corpus-filters.md": corpus_filters_page,
        "detectors.md": detectors_page,
        "errors.md": errors_page,
        "exit-codes.md": exit_codes_page,
        "judges.md": judges_page,
        "metrics.md": metrics_page,
        "pipeline.md": pipeline_page,
        "planning.md": planning_page,
        "policies.md": policies_page,
        "run-folder.md": run_folder_page,
        "suites.md": suites_page,
    }
    written = {name: write() for name, write in writers.items()}
    return {**written, **{f"schema/{name}": text for name, text in schemas().items()}}


def stale() -> list[str]:
    """Return what differs from the code, one phrase each: missing, out of date, or written by nothing any more."""
    fresh = pages()
    found = {path.relative_to(REFERENCE).as_posix(): path.read_text(encoding="utf-8") for path in _written()}
    phrases = [f"{name} is missing" for name in sorted(fresh.keys() - found.keys())]
    phrases += [f"{name} is out of date" for name in sorted(fresh.keys() & found.keys()) if fresh[name] != found[name]]
    return phrases + [f"{name} is no longer generated" for name in sorted(found.keys() - fresh.keys())]


def _written() -> list[Path]:
    marked = [path for path in REFERENCE.glob("*.md") if path.read_text(encoding="utf-8").startswith("<!-- Written by")]
    return [*marked, *REFERENCE.glob("schema/*.json")]


def _write() -> None:
    fresh = pages()
    for path in _written():
        if path.relative_to(REFERENCE).as_posix() not in fresh:
            path.unlink()
    for name, text in fresh.items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is stale")
    if not parser.parse_args(arguments).check:
        _write()
        return 0
    phrases = stale()
    for phrase in phrases:
        print(f"docs/reference/{phrase}", file=sys.stderr)
    if phrases:
        print("Run: python -m docs.generate", file=sys.stderr)
    return 1 if phrases else 0


if __name__ == "__main__":
    sys.exit(main())
