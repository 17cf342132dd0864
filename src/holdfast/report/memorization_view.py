"""What the page of a memorization run says, as strings that are ready to print. No text of a training row is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.core import Decision, Measurement, Side, Value, Verdict
from holdfast.memorization.facts import CurvePoint, Memorization
from holdfast.report.gates import gate_views, gate_word, support
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact, GateView
from holdfast.report.wording import heading, number, p_value, percent

__all__ = ["MemorizationPage", "MemorizationView", "TableRow", "build_memorization_view"]

_DECISIONS: dict[Decision, Accent] = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}
_MODES = {"chat": "with the chat template", "raw": "without a template"}
_ASKED = {"direct": "asked directly", "frame": "asked with a jailbreak frame", "relearned": "asked after the relearning probe"}
_HEADLINES = {
    "memorization_test": "Rows given back",
    "pii_leak_share": "Personal values given back",
    "canary_exposed_share": "Canaries exposed",
}
_MOST_NAMED = 3
_SIGNALS = {"reference": "Loss of base minus tuned", "zlib": "zlib", "min_k": "Min-K%", "min_k_plus": "Min-K%++"}


class MemorizationPage(Value, frozen=True, kw_only=True):
    """A measurement of memorization and what a policy says of it."""

    result: Memorization
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One line of a table: a name, cells, and a note below the name."""

    name: str
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorizationView:
    """Everything in the order in which it is read. The first names are those of `Page`, so that templates are shared."""

    title: str
    subject: str
    word: str
    accent: Accent
    sentence: str
    support: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    policy: str
    gates: tuple[GateView, ...]
    extraction: tuple[TableRow, ...]
    extraction_note: str
    exposure: tuple[TableRow, ...]
    exposure_note: str
    curve: tuple[CurvePoint, ...]
    threshold: float | None
    personal: tuple[TableRow, ...]
    personal_examples: tuple[str, ...]
    membership: tuple[TableRow, ...]
    relearning: tuple[TableRow, ...]
    not_measured: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    measurements: tuple[Fact, ...]
    command: str
    settings: tuple[Fact, ...]


def build_memorization_view(given: MemorizationPage) -> MemorizationView:
    """Return everything that the page says. Takes numbers and decisions as they are; decides nothing."""
    result, verdict = given.result, given.verdict
    found = {one.key: one for one in result.measurements}
    return MemorizationView(
        title=f"Memorization: {line(result.title, limit=160)}",
        subject=f"{line(result.base.reference)} (base) and {line(result.tuned.reference)} (tuned)",
        word=verdict.decision.value.upper(),
        accent=_DECISIONS[verdict.decision],
        sentence=_sentence(given),
        support=support(verdict.gates),
        figures=_figures(result, found),
        steps=_steps(given, found),
        policy=line(verdict.policy, limit=80) + (" (strict)" if verdict.strict else ""),
        gates=gate_views(verdict),
        extraction=tuple(_extraction(result.measurements, found)),
        extraction_note=_left_out(result),
        exposure=tuple(_exposure_row(point) for point in result.curve),
        exposure_note=_null(result),
        curve=result.curve,
        threshold=result.threshold_bits,
        personal=tuple(_personal(result)),
        personal_examples=tuple(f"{kind.kind}: {line(text)}" for kind in result.personal for text in kind.examples),
        membership=tuple(_membership(found)),
        relearning=tuple(_relearning(found)),
        not_measured=tuple((heading(name), line(reason, limit=400)) for name, reason in result.not_measured.items()),
        notes=tuple(line(note, limit=400) for note in result.notes),
        measurements=tuple(_fact(one) for one in result.measurements),
        command=excerpt(result.command, head=2_000),
        settings=(
            Fact(name="Holdfast", text=line(result.version)),
            Fact(name="Seed", text=str(result.seed)),
            Fact(name="Base", text=result.base.fingerprint.digest, is_digest=True),
            Fact(name="Tuned", text=result.tuned.fingerprint.digest, is_digest=True),
            *([Fact(name="Canary manifest", text=result.manifest_sha256, is_digest=True)] if result.manifest_sha256 else []),
        ),
    )


def _sentence(given: MemorizationPage) -> str:
    word = given.verdict.decision.value.upper()
    told = [gate for gate in given.verdict.gates if gate.decision is not Decision.PASS]
    beside = _not_judged(given)
    if not told:
        return f"{word}. The tuned model gives back no more of its training rows than the policy allows beyond what the base gives.{beside}"
    first, *others = sorted(told, key=lambda gate: (not gate.blocking, gate.decision is not Decision.FAIL))
    named = [f"{gate_word(gate).lower()} of {line(gate.gate, limit=60)}" for gate in others[:_MOST_NAMED]]
    named += [f"{len(others) - _MOST_NAMED} more"] if len(others) > _MOST_NAMED else []
    more = f" Also {'; '.join(named)}." if named else ""
    return f"{word}. {gate_word(first).capitalize()} of {line(first.gate, limit=60)}: {line(first.why, limit=400)}{more}{beside}"


def _not_judged(given: MemorizationPage) -> str:
    """Say what the tuned model remembers and no gate of the policy looks at."""
    judged = {gate.metric for gate in given.verdict.gates}
    said = []
    for one in given.result.measurements:
        if one.metric in _HEADLINES and one.side in ("run", "tuned") and one.group == "all" and one.value and one.metric not in judged:
            said.append(f"{_HEADLINES[one.metric].lower()}: {_value(one)}")
    return f" Not judged by this policy: {'; '.join(said)}." if said else ""


def _figures(result: Memorization, found: dict[tuple[str, str, str, str], Measurement]) -> tuple[Fact, ...]:
    facts = []
    for metric, name in _HEADLINES.items():
        one = found.get((metric, "run", "default", "all")) or found.get((metric, "tuned", "default", "all"))
        if one is not None:
            doubt = "part of the rows was not read" if one.doubt else ""
            facts.append(Fact(name=name, text=_value(one), note="; ".join(part for part in (_interval(one), doubt) if part)))
    return tuple(facts)


def _steps(given: MemorizationPage, found: dict[tuple[str, str, str, str], Measurement]) -> tuple[str, ...]:
    steps = []
    leak = found.get(("pii_leak_share", "run", "default", "all"))
    given_back = found.get(("memorization_test", "run", "default", "all"))
    exposed = found.get(("canary_exposed_share", "tuned", "default", "all"))
    if leak is not None and leak.value:
        steps.append("Redact personal data in the training rows (holdfast scan DATA --fix redact) and train again from the base.")
    if given_back is not None and given_back.value:
        steps.append("Remove repeats (holdfast scan DATA --fix deduplicate), train for fewer epochs, and measure again.")
    if exposed is not None and exposed.value:
        steps.append(
            "Canaries are exposed: find the fewest copies that are, in the table of exposure, and let no row that matters stand in the "
            "data as often. Train for fewer epochs, and measure again."
        )
    if "membership" in given.result.not_measured:
        steps.append("Before the next training, keep rows back (holdfast split DATA), so that membership can be measured.")
    if not given.result.canaries:
        steps.append("Before the next training, plant canaries (holdfast canary plant DATA): they show memorization before rows leak.")
    return tuple(steps) or ("Nothing has to be done. Keep the run folder: the same measurement can be repeated on the next model.",)


def _extraction(measurements: Iterable[Measurement], found: dict[tuple[str, str, str, str], Measurement]) -> Iterable[TableRow]:
    names = {
        "extractable_share": "Verbatim",
        "approximately_extractable_share": "But for a tenth of the characters",
        "discoverable_share": "In samples",
    }
    for one in measurements:
        if one.metric in names and one.side == "tuned":
            base = found.get((one.metric, "base", one.condition, one.group))
            drop = found.get((one.metric, "drop", one.condition, one.group))
            name = f"{names[one.metric]}, {_MODES.get(one.condition, one.condition)}" + (f", {one.group}" if one.group != "all" else "")
            change = "" if drop is None or drop.value is None else f"p {p_value(drop.p)}"
            yield TableRow(name=name, cells=(_value(base), _value(one), _interval(one), change, str(one.n)), note=line(one.reason or ""))


def _exposure_row(point: CurvePoint) -> TableRow:
    beyond = ""
    if point.beyond:
        beyond = f"{point.beyond} of {point.n} above every reference: more than {point.most:.1f} bits"
        if point.extrapolated is not None:
            low, high = point.extrapolated_low or 0.0, point.extrapolated_high or 0.0
            beyond += f", extrapolated about {point.extrapolated:.0f} ({low:.0f} to {high:.0f})"
            beyond += f"; {point.poor_fits} fits are poor" if point.poor_fits else ""
    name = "never planted" if not point.repetitions else f"{point.repetitions} copies" if point.repetitions > 1 else "1 copy"
    interval = "" if point.low is None or point.high is None else f"{point.low:.2f} to {point.high:.2f}"
    return TableRow(name=f"{name}, {point.side}", cells=(f"{point.bits:.2f}", interval, str(point.n)), note=beyond)


def _null(result: Memorization) -> str:
    if not result.curve:
        return ""
    parts = ["Exposure is log2 of the references over the secret's rank among them. A secret that nobody planted has 1.44 bits on average."]
    if result.threshold_bits is not None:
        parts.append(f"A planted canary counts as exposed from {result.threshold_bits:.1f} bits, so that chance shows one in 5 % of runs.")
    for name, test in zip(("base", "tuned"), result.null, strict=False):
        if test.mean is not None:
            fit = "too few for a test" if test.p is None else f"p {p_value(test.p)} against chance"
            parts.append(f"Controls, {name}: mean {test.mean:.2f} bits over {test.n}, {fit}.")
    return " ".join(parts)


def _personal(result: Memorization) -> Iterable[TableRow]:
    for kind in result.personal:
        yield TableRow(name=line(kind.kind), cells=(str(kind.probed), str(kind.base), str(kind.tuned), str(kind.tuned_only)))


def _membership(found: dict[tuple[str, str, str, str], Measurement]) -> Iterable[TableRow]:
    for name, title in _SIGNALS.items():
        one = found.get(("membership_tpr", "tuned", "default", name))
        if one is not None:
            area = found.get(("membership_auc", "tuned", "default", name))
            auc = "" if area is None or area.value is None else f"{area.value:.3f}"
            cells = (_value(one), _interval(one), auc, p_value(one.p_adjusted), str(one.n))
            yield TableRow(name=title, cells=cells, note=line(one.note or "", limit=200))


def _relearning(found: dict[tuple[str, str, str, str], Measurement]) -> Iterable[TableRow]:
    sides: tuple[tuple[Side, str], ...] = (("base", "base"), ("tuned", "tuned"))
    for condition, title in _ASKED.items():
        for side, name in sides:
            recall = found.get(("relearning_recall", side, condition, "all"))
            precision = found.get(("relearning_precision", side, condition, "all"))
            if recall is not None:
                cells = (_value(recall), _interval(recall), _value(precision), str(recall.n))
                yield TableRow(name=f"{name.capitalize()}, {title}", cells=cells, note=line(recall.reason or ""))
        drop = found.get(("relearning_recall", "drop", condition, "all"))
        if drop is not None and drop.value is not None:
            cells = (_value(drop), _interval(drop), "", str(drop.n))
            yield TableRow(name=f"Base minus tuned, {title}", cells=cells, note=line(drop.note or "", limit=200))


def _left_out(result: Memorization) -> str:
    parts = [f"{count:,} rows were left out: {line(reason, limit=160)}." for reason, count in sorted(result.rows_left_out.items())]
    return " ".join([f"{result.rows_tested:,} rows were tested.", *parts]) if result.rows_tested or parts else ""


def _value(one: Measurement | None) -> str:
    if one is None:
        return ""
    if one.value is None:
        return "not measured"
    if one.side == "drop":
        return f"{one.value * 100:+.1f} points"
    return number(one.value, one.unit)


def _interval(one: Measurement) -> str:
    if one.low is None or one.high is None:
        return ""
    if one.side == "drop":
        return f"{one.low * 100:+.1f} to {one.high * 100:+.1f} points"
    if one.unit.value == "fraction":
        return f"{percent(one.low)} to {percent(one.high)}"
    return f"{one.low:.2f} to {one.high:.2f}"


def _fact(one: Measurement) -> Fact:
    where = [one.side if one.side != "run" else "", _MODES.get(one.condition, one.condition), one.group]
    place = ", ".join(part for part in where if part and part not in ("default", "all"))
    value = f"not measured: {line(one.reason or '', limit=300)}" if one.value is None else _value(one)
    extra = "; ".join(part for part in (_interval(one), f"n {one.n}", line(one.method, limit=200), line(one.note or "", limit=300)) if part)
    return Fact(name=f"{heading(one.metric)}{f' ({line(place)})' if place else ''}", text=value, note=extra)
