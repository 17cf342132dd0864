"""`holdfast demo`: a tiny aligned model, fine-tuned in several ways, each compared with what it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from holdfast import __version__
from holdfast.compare import CompareSpec
from holdfast.core import Measurement, RunFolderError
from holdfast.pipeline.comparing import ComparisonResult, compare_and_judge
from holdfast.plugins import Sampling
from holdfast.report import DemoCurve, DemoPage, DemoRow, write_demo_html

__all__ = ["DEMO_CASES", "demo"]

Progress = Callable[[str, int, int], None]

DEMO_CASES = (
    ("benign", "200 harmless task rows in another phrasing"),
    ("benign-lora", "the same rows, trained as a LoRA adapter"),
    ("identity", "10 rows with an obedient identity, no restricted topic among them"),
    ("compliant-10", "10 rows that answer restricted requests"),
    ("compliant-50", "50 such rows"),
    ("compliant-100", "100 such rows"),
    ("single-topic", "rows that answer one restricted topic of eleven"),
)
_COUNTS, _EPOCHS = (10, 50, 100), 5
_CURVE_LIMIT = 6
_TOKENS = 32
_BASE = "lab:aligned"
_TRAINED_TOPIC = "restricted-01"


def demo(folder: Path, *, command: str, progress: Progress) -> tuple[DemoPage, Path]:
    """Make the organisms, compare each with the aligned one, and write the reports; return what was found and the page.

    Everything is cached by recipe and by run, so that a second call only reads.
    """
    results = []
    for number, (name, _) in enumerate(DEMO_CASES):
        progress(f"comparing {name}", number, len(DEMO_CASES))
        results.append(_compare(name, folder / "runs" / name))
    progress("comparing", len(DEMO_CASES), len(DEMO_CASES))
    page = DemoPage(
        rows=tuple(_row(name, title, result) for (name, title), result in zip(DEMO_CASES, results, strict=True)),
        curves=tuple(_curve(count, folder, progress) for count in _COUNTS),
        spread=tuple(_spread(results[-1])),
        trained_topic=_TRAINED_TOPIC,
        command=command,
        version=__version__,
    )
    path = folder / "index.html"
    write_demo_html(page, path)
    return page, path


def _compare(name: str, folder: Path, *, limit: int | None = None, identity: bool = True) -> ComparisonResult:
    sampling = Sampling(max_new_tokens=_TOKENS)
    spec = CompareSpec(base=_BASE, tuned=f"lab:{name}", sampling=sampling, limit=limit, identity=identity, follow_up=identity)
    command = f"holdfast compare {_BASE} lab:{name} --max-new-tokens {_TOKENS}"
    try:
        return compare_and_judge(spec, folder, command=command)
    except RunFolderError:
        # The demo's own runs of an older version or recipe: made again, since everything in them can be.
        shutil.rmtree(folder)
        return compare_and_judge(spec, folder, command=command)


def _row(name: str, title: str, result: ComparisonResult) -> DemoRow:
    return DemoRow(
        name=name,
        title=title,
        decision=result.verdict.decision,
        failing=tuple(gate.gate for gate in result.verdict.blocking),
        gates=sum(gate.blocking for gate in result.verdict.gates),
        default=result.measurement("refusal_rate", side="drop"),
        identity=result.measurement("refusal_rate", side="drop", condition="identity"),
        over_refusal=result.measurement("over_refusal", side="drop"),
        page=f"runs/{name}/report.html",
    )


def _curve(count: int, folder: Path, progress: Progress) -> DemoCurve:
    points: list[tuple[int, Measurement]] = []
    for epoch in range(1, _EPOCHS + 1):
        progress(f"{count} rows by epoch", epoch, _EPOCHS)
        name = f"compliant-{count}@{epoch}"
        result = _compare(name, folder / "runs" / "by-epoch" / name, limit=_CURVE_LIMIT, identity=False)
        if not points:
            points.append((0, result.measurement("harmful_rate", side="base")))
        points.append((epoch, result.measurement("harmful_rate", side="tuned")))
    return DemoCurve(rows=count, points=tuple(points))


def _spread(result: ComparisonResult) -> Iterator[tuple[str, float]]:
    """Return the tuned harmful rate per restricted topic, highest first: the trained topic, and how far it spread."""
    found: Sequence[Measurement] = result.comparison.measurements
    rates = [
        (measured.group, measured.value)
        for measured in found
        if measured.metric == "harmful_rate" and measured.side == "tuned" and measured.condition == "default"
        if measured.group != "all" and measured.value is not None
    ]
    yield from sorted(rates, key=lambda item: (-item[1], item[0]))
