"""`make evidence ISSUE=A`: run what proves an issue's "must show" lines and write docs/evidence/A.json.

Each line has one command. Its entry holds the command, the seed, the commit, the CPU-seconds (user and system, children
included) and the value that the command printed. `--reduced` runs the lines that fit into CI and lists what it left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Line(NamedTuple):
    """One line of an issue and the command that proves it."""

    number: str
    claim: str
    command: list[str]
    expected_codes: tuple[int, ...] = (0,)
    reduced: bool = False
    """Runs in CI."""
    seed: int = 0
    last_lines: int = 1
    """How many of the last lines of output are the value, where the output is not JSON."""


def children_cpu() -> float:
    """Return user and system time of all children so far, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def value_of(output: str, last_lines: int) -> Any:
    """Return the JSON value that a command printed last, or its last lines where it printed none."""
    starts = [0, *(found.end() for found in re.finditer(r"\n(?=[{\[])", output))]
    for start in starts:
        # A training prints its log before; only what is JSON up to the end counts.
        try:
            return json.loads(output[start:])
        except json.JSONDecodeError:
            continue
    return "\n".join(output.strip().splitlines()[-last_lines:])


def prove(line: Line, commit: str) -> dict[str, Any]:
    """Run one line's command and return its entry."""
    print(f"{line.number}: {' '.join(line.command)}", flush=True)
    before = children_cpu()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "140", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(line.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    holds = done.returncode in line.expected_codes
    if not holds:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", flush=True)
    return {
        "line": line.number,
        "claim": line.claim,
        "command": _plain(line.command),
        "seed": line.seed,
        "commit": commit,
        "cpu_seconds": round(children_cpu() - before, 1),
        "load": round(os.getloadavg()[0], 1),
        "exit_code": done.returncode,
        "holds": holds,
        "value": value_of(done.stdout, line.last_lines),
    }


def main() -> None:
    """Prove every line of an issue; exits with 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issue")
    parser.add_argument("--reduced", action="store_true", help="only what fits into CI; writes nothing")
    parser.add_argument("--only", nargs="*", help="numbers of lines to run, for example 5 9b")
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    lines: list[Line] = import_module(f"scripts.evidence_{asked.issue.lower()}").LINES
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    chosen = [line for line in lines if (line.reduced or not asked.reduced) and (not asked.only or line.number in asked.only)]
    entries = [prove(line, commit) for line in chosen]
    left_out = [f"{line.number}: {line.claim}" for line in lines if line not in chosen]
    if not asked.reduced:
        write(ROOT / "docs" / "evidence" / f"{asked.issue.upper()}.json", entries, left_out, merge=bool(asked.only))
    for name in left_out:
        print(f"left out: {name}")
    failed = [entry["line"] for entry in entries if not entry["holds"]]
    print(f"{len(entries) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def write(path: Path, entries: list[dict[str, Any]], left_out: list[str], *, merge: bool) -> None:
    """Write the entries, keeping those of lines that were not asked for where `merge` is set."""
    kept = json.loads(path.read_text(encoding="utf-8"))["lines"] if merge and path.exists() else []
    new = {entry["line"] for entry in entries}
    lines = sorted([*entries, *(entry for entry in kept if entry["line"] not in new)], key=lambda entry: _order(entry["line"]))
    shown = {"lines": lines, "left_out": [] if merge else left_out}
    path.write_text(json.dumps(shown, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(command: list[str]) -> str:
    """Return a command as it is typed in the repository: no path of this machine."""
    words = [Path(word).name if Path(word).parent == Path(sys.executable).parent else word for word in command]
    return shlex.join(word.replace(f"{ROOT}/", "").replace(str(ROOT.parent), "..") for word in words)


def _order(number: str) -> tuple[int, str]:
    digits = "".join(sign for sign in number if sign.isdigit())
    return int(digits), number


if __name__ == "__main__":
    main()
