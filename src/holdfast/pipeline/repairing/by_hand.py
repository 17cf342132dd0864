"""The commands that make a recommended model again and measure it, with the same result, in a folder of their own."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from holdfast.compare import CompareSpec

__all__ = ["BY_HAND", "by_hand", "moved"]

BY_HAND = "by-hand"
"""The folder that the commands write to, under the current one."""
_CONFIG = "train.yaml"
_WRITES = ("--out",)


def by_hand(commands: Sequence[str], reference: str, root: Path, spec: CompareSpec, *, policy: str) -> tuple[str, ...]:
    """Return commands that write to `by-hand/` what a trial wrote under `root`, and compare the result on the report half."""
    typed = [moved(command, root) for command in commands]
    folders = shlex.join(["mkdir", "-p", *dict.fromkeys(_written_to(typed))])
    return (folders, *typed, _comparison(moved_path(reference, root), spec, policy))


def moved(command: str, root: Path) -> str:
    """Return a command with every path under `root` moved to `by-hand/`; configurations are read where they lie."""
    return shlex.join(word if word.endswith(_CONFIG) else moved_path(word, root) for word in shlex.split(command))


def moved_path(word: str, root: Path) -> str:
    """Return a word of a command in which `root` stands, as it is or resolved, with `by-hand` in its place."""
    return word.replace(str(root.resolve()), BY_HAND).replace(str(root), BY_HAND)


def _written_to(commands: Iterable[str]) -> Iterable[str]:
    for command in commands:
        words = shlex.split(command)
        for before, word in pairwise(words):
            if before in _WRITES:
                yield str(Path(word).parent)


def _comparison(reference: str, spec: CompareSpec, policy: str) -> str:
    words = ["holdfast", "compare", spec.base, reference, "--half", "report", "--policy", policy, "--no-follow-up"]
    for suite in spec.suites:
        words += ["--suite", suite]
    for option, value in (("--judge", spec.judge), ("--data", spec.data), ("--limit", spec.limit)):
        if value is not None:
            words += [option, str(value)]
    for path in spec.capability.tasks:
        words += ["--capability", str(path)]
    for path in spec.capability.held_out:
        words += ["--held-out", str(path)]
    words += ["--gain-of", spec.capability.gain_of or "", "--max-new-tokens", str(spec.sampling.max_new_tokens)]
    if spec.suite_options.languages != ("en",):
        words += ["--language", ",".join(spec.suite_options.languages)]
    if spec.models.threads is not None:
        words += ["--threads", str(spec.models.threads)]
    return shlex.join([*words, "--seed", str(spec.sampling.seed), "--run", f"{BY_HAND}/report"])
