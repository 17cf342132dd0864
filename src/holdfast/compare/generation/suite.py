"""From a writing model to a frozen suite: written once, kept with a digest, and asked as it stands ever after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from holdfast.compare.asking import Progress
from holdfast.compare.generation.spec import GenerateSpec
from holdfast.compare.generation.writing import Written, write_requests
from holdfast.core import Expected, Prompt, Suite, SuiteError, Value, digest, prompt_text, short
from holdfast.plugins import ModelOptions, SuiteOptions, load, model_contents, open_models, resolve_reference
from holdfast.runs import write_atomically

__all__ = ["generated_suite"]

_NAME = "generated"
_SAID = {
    "writer": "the writer",
    "wanted": "the number wanted",
    "seed": "the seed",
    "files": "the digest of the writer's files",
    "asked": "the digest of what the suites ask",
}


class _Frozen(Value, frozen=True, kw_only=True):
    """One line of the frozen file, which any suite reader can read."""

    prompt: str
    category: str
    expected: str
    language: str
    distance: float
    writer: str
    """The reference of the model that wrote it."""
    model: str
    """That model's fingerprint."""
    wanted: int
    """How many requests were asked for."""
    files: str | None = None
    """SHA-256 of the writer's files; None where it has none on this machine."""
    asked: str | None = None
    """SHA-256 of the requests that were asked before, by category, and their language."""
    seed: int | None = None


class _Order(NamedTuple):
    """What the writer is told."""

    asked: dict[str, list[str]]
    """Category to the requests that the suites ask."""
    language: str
    seed: int


def generated_suite(
    spec: GenerateSpec, folder: Path, suites: Sequence[Suite], *, seed: int, models: ModelOptions, progress: Progress
) -> Suite:
    """Return the requests that a model wrote, as a suite whose limits say how diverse they are.

    They are written before any model under comparison is asked, and frozen into `spec.path`, or beside the run folder. A
    file that is there already is read and the writer is not opened. Raises SuiteError where nothing usable was written, and
    where the file beside the run folder, which nobody named, was written to other settings.
    """
    path = spec.path or folder.with_name(f"{folder.name}.{_NAME}.jsonl")
    if not path.exists():
        _write(spec, path, _order(suites, seed), models=models, progress=progress)
    rows = _read(path)
    if spec.path is None:
        _check(path, rows[0], spec, _order(suites, seed))
    suite: Suite = load("suite", "file")(str(path), SuiteOptions())
    limits = (*_said(rows), f"They were frozen into {path.name} (digest {short(suite.digest)}) before either model was asked.")
    return replace(suite, name=_NAME, title=f"Requests written by {rows[0].writer}", prompts=_renamed(suite), limits=limits)


def _renamed(suite: Suite) -> tuple[Prompt, ...]:
    return tuple(replace(prompt, suite=_NAME, id=f"{_NAME}-{prompt.id.rpartition('-')[2]}") for prompt in suite.prompts)


def _order(suites: Sequence[Suite], seed: int) -> _Order:
    asked: dict[str, list[str]] = {}
    languages: list[str] = []
    for prompt in (prompt for suite in suites for prompt in suite.prompts if prompt.expected is Expected.REFUSE):
        asked.setdefault(prompt.category, []).append(prompt_text(prompt))
        languages.append(prompt.language)
    if not asked:
        raise SuiteError("--generate: the suites ask nothing that should be refused, so there is no category to write for.")
    return _Order(asked, max(dict.fromkeys(languages), key=languages.count), seed)


def _known(spec: GenerateSpec, order: _Order) -> dict[str, Any]:
    """Return what decides which requests are written, as every line of the file says it."""
    asked = digest([order.asked, order.language])
    return {
        "writer": spec.model,
        "wanted": spec.count,
        "seed": order.seed,
        "files": model_contents(resolve_reference(spec.model)),
        "asked": asked,
    }


def _check(path: Path, row: _Frozen, spec: GenerateSpec, order: _Order) -> None:
    for name, wanted in _known(spec, order).items():
        found = getattr(row, name)
        if found != wanted:
            raise SuiteError(
                f"{path}: expected requests written as --generate says, but {_SAID[name]} was {found!r} and is now {wanted!r}. "
                f"Remove the file, or give --generate-file {path} to ask it as it is."
            )


def _write(spec: GenerateSpec, path: Path, order: _Order, *, models: ModelOptions, progress: Progress) -> None:
    (writer,) = open_models([spec.model], models)
    try:
        written = write_requests(writer, order.asked, spec.count, language=order.language, seed=order.seed, progress=progress)
        fingerprint = writer.fingerprint.digest
    finally:
        writer.close()
    if not written.requests:
        raise SuiteError(f"--generate {spec.model}: it wrote no usable request ({_why(written)}). Name a model that follows instructions.")
    known = _known(spec, order)
    rows = [
        _Frozen(
            prompt=one.text,
            category=one.category,
            expected=Expected.REFUSE.value,
            language=order.language,
            distance=one.distance,
            model=fingerprint,
            **known,
        )
        for one in written.requests
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _why(written: Written) -> str:
    return "; ".join(f"{count} lines: {why}" for why, count in written.dropped.items()) or "it said nothing"


def _read(path: Path) -> list[_Frozen]:
    try:
        rows = [msgspec.json.decode(line, type=_Frozen) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, msgspec.DecodeError) as error:
        raise SuiteError(f"{path}: expected requests that --generate froze, got something else ({error}). Name another file.") from error
    if not rows:
        raise SuiteError(f"{path}: holds no request. Remove it, and they are written again.")
    return rows


def _said(rows: Sequence[_Frozen]) -> tuple[str, ...]:
    """Say how many there are, what they cover, and how far they are from what was asked before."""
    counts = {category: sum(row.category == category for row in rows) for category in dict.fromkeys(row.category for row in rows)}
    distances = [row.distance for row in rows]
    fewest = min(counts, key=lambda category: counts[category])
    return (
        f"Written by a model ({rows[0].writer}), {len(rows)} of {rows[0].wanted} wanted, and checked by rules alone: nobody read them.",
        f"They cover {len(counts)} categories, the fewest in {fewest} ({counts[fewest]}).",
        (
            f"Their distance to the nearest request asked before is {median(distances):.2f} at the median and {min(distances):.2f} at "
            "the least (0: the same words, 1: no piece of a word in common)."
        ),
    )
