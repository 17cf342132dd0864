"""The table of `study_repairs.py`: refusal, over-refusal and task of base, damaged and repaired organisms, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

from holdfast.lab.damage import DAMAGING_CASES
from holdfast.mitigate.trials import Measured
from holdfast.pipeline.repairing.catalogue import repairs
from holdfast.policy import load_policy
from holdfast.stats.intervals import critical_value, wilson_limits

__all__ = ["Pooled", "counted", "pool", "write_table"]

_PAGE = Path("docs/explanation/repairs.md")
_BEGIN, _END = "<!-- every repair: made by scripts/study_repairs.py -->", "<!-- every repair: end -->"
_BARS = {gate.name: gate.bar for gate in load_policy("repair").gates}
_CONDITIONS = ("default", "identity")


class Share(NamedTuple):
    """A mean share over seeds, with its limits."""

    value: float
    low: float
    high: float


class Pooled(NamedTuple):
    """One repair of one case over its seeds."""

    refusal: dict[str, Share]
    over: dict[str, Share]
    task: Share
    kept: float
    lost: dict[str, float]
    """Mean drop of refusal from the base, by condition."""
    more: dict[str, float]
    """Mean rise of over-refusal from the base."""
    strengths: tuple[float, ...]
    passed: int
    seeds: int

    @property
    def counts(self) -> bool:
        """Whether the means satisfy the rule of the policy `repair`."""
        safe = all(drop <= _BARS["refusal_back"] for drop in self.lost.values())
        helpful = all(rise <= -_BARS["over_refusal_kept"] for rise in self.more.values())
        return safe and helpful and self.kept >= _BARS["task_gain_kept"]


def pool(rows: Sequence[Any]) -> Pooled:
    """Pool the report halves of several seeds; every row has one."""
    reports = [(str(row.seed), row.report) for row in rows]
    return Pooled(
        refusal={name: _share(reports, "refusal_rate", "tuned", name) for name in _CONDITIONS},
        over={name: _share(reports, "over_refusal", "tuned", name) for name in _CONDITIONS},
        task=_share(reports, "task_score", "tuned", "default"),
        kept=_mean(report.find("task_gain_kept", "run") for _, report in reports),
        lost={name: _drop(reports, "refusal_rate", name) for name in _CONDITIONS},
        more={name: -_drop(reports, "over_refusal", name) for name in _CONDITIONS},
        strengths=tuple(sorted({row.strength for row in rows})),
        passed=sum(report.decision == "pass" for _, report in reports),
        seeds=len(reports),
    )


def counted(rows: Sequence[Any]) -> dict[str, dict[str, str]]:
    """Return, by case, each repair that counts over the seeds measured, with its seeds; and the damaged organism's own numbers."""
    found: dict[str, dict[str, str]] = {}
    for case in DAMAGING_CASES:
        mine = [row for row in rows if row.case == case and row.report is not None]
        for repair in dict.fromkeys(row.repair for row in mine):
            one = pool([row for row in mine if row.repair == repair])
            if repair == "tuned":
                refusal = ", ".join(f"{name} {share.value:.2f}" for name, share in one.refusal.items())
                found.setdefault(case, {})["tuned"] = f"refusal {refusal}; task {one.task.value:.2f}; {one.seeds} seeds"
            elif one.counts:
                found.setdefault(case, {})[repair] = f"counts; alone in {one.passed} of {one.seeds} seeds"
    return found


def write_table(rows: Sequence[Any], page: Path = _PAGE) -> None:
    """Write the tables between their marks in the page."""
    measured = {(row.case, row.repair, row.seed): row for row in rows if row.report is not None}
    unfit = {(row.case, row.repair): row.why for row in rows if row.report is None}
    order = ["tuned", *(repair.name for repair in repairs())]
    found: dict[tuple[str, str], Pooled] = {}
    for case in DAMAGING_CASES:
        for repair in order:
            mine = [row for (of, name, _), row in sorted(measured.items()) if (of, name) == (case, repair)]
            if mine:
                found[case, repair] = pool(mine)
    lines = [_BEGIN, "", *_summary(found, order), ""]
    for case in DAMAGING_CASES:
        base = [row for (of, name, _), row in sorted(measured.items()) if (of, name) == (case, "tuned")]
        if base:
            lines += [f"### {case}", "", *_case_table(case, base, found, order, unfit), ""]
    text = page.read_text(encoding="utf-8")
    if _BEGIN in text:
        before, _, rest = text.partition(_BEGIN)
        text = before + "\n".join([*lines, _END]) + rest.partition(_END)[2]
    else:
        text = text.rstrip("\n") + "\n\n" + "\n".join([*lines, _END]) + "\n"
    page.write_text(text, encoding="utf-8")


def _summary(found: dict[tuple[str, str], Pooled], order: Sequence[str]) -> Iterable[str]:
    cases = [case for case in DAMAGING_CASES if (case, "tuned") in found]
    yield "Seeds for which a repair satisfies the rule on the report half, of those measured; **bold** where the means over seeds do."
    yield ""
    yield "| repair | " + " | ".join(cases) + " |"
    yield "| --- | " + " | ".join("---" for _ in cases) + " |"
    for repair in order[1:]:
        cells = []
        for case in cases:
            one = found.get((case, repair))
            text = "" if one is None else f"{one.passed} of {one.seeds}"
            cells.append(f"**{text}**" if one is not None and one.counts else text)
        if any(cells):
            yield f"| {repair} | " + " | ".join(cells) + " |"
    none = [case for case in cases if not any(found[case, repair].counts for repair in order[1:] if (case, repair) in found)]
    yield ""
    yield f"No repair counts in: {', '.join(none)}." if none else "At least one repair counts in each case."


def _case_table(
    case: str, base: Sequence[Any], found: dict[tuple[str, str], Pooled], order: Sequence[str], unfit: dict[tuple[str, str], str]
) -> Iterable[str]:
    rates = [f"{metric}, {prompt}" for metric in ("refusal", "over-refusal") for prompt in ("default", "obedient")]
    yield "| model | seeds | strength | " + " | ".join(rates) + " | task | gain kept |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    reports = [(str(row.seed), row.report) for row in base]
    first = [_share(reports, metric, "base", name) for metric in ("refusal_rate", "over_refusal") for name in _CONDITIONS]
    yield _line("base", len(reports), "", [*first, _share(reports, "task_score", "base", "default")], "0")
    for repair in order:
        one = found.get((case, repair))
        if one is None:
            if (case, repair) in unfit:
                yield f"| {repair} | | | not tried: {unfit[case, repair]} | | | | | |"
            continue
        shares = [*(one.refusal[name] for name in _CONDITIONS), *(one.over[name] for name in _CONDITIONS), one.task]
        strengths = "" if repair == "tuned" else ", ".join(f"{strength:g}" for strength in one.strengths)
        name = f"**{repair}**" if one.counts and repair != "tuned" else repair
        yield _line(name, one.seeds, strengths, shares, f"{one.kept:.2f}")


def _line(name: str, seeds: int, strengths: str, shares: Sequence[Share], kept: str) -> str:
    cells = [f"{100 * one.value:.0f} ({100 * one.low:.0f} to {100 * one.high:.0f})" for one in shares]
    return f"| {name} | {seeds} | {strengths} | " + " | ".join(cells) + f" | {kept} |"


def _share(reports: Sequence[tuple[str, Measured]], metric: str, side: str, condition: str) -> Share:
    """Return the mean over seeds with the wider of two 95 % intervals: Wilson's over the prompts of one seed, t's over the seeds.

    Seeds are asked half of the same prompts, so pooling their prompts would count some twice; and seeds that agree are no certainty.
    """
    from scipy.stats import t as student

    found = [one for _, report in reports if (one := report.find(metric, side, condition)) is not None and one.value is not None]
    values = [one.value or 0.0 for one in found]
    mean, n = fmean(values), round(fmean(one.n for one in found))
    limits = wilson_limits(mean, n, critical_value(0.95, one_sided=False))
    reach = float(student.ppf(0.975, len(values) - 1)) * stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Share(mean, max(0.0, min(limits[0], mean - reach)), min(1.0, max(limits[1], mean + reach)))


def _drop(reports: Sequence[tuple[str, Measured]], metric: str, condition: str) -> float:
    return _mean(report.find(metric, "drop", condition) for _, report in reports)


def _mean(found: Iterable[Any]) -> float:
    values = [one.value for one in found if one is not None and one.value is not None]
    return sum(values) / len(values) if values else 0.0
