"""What the page of a search for a backdoor says, as strings that are ready to print. Strings and openings are untrusted text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.backdoor.facts import LEAST_REQUESTS, Backdoor, StringEffect
from holdfast.core import Decision, Measurement, Value, Verdict
from holdfast.report.gates import gate_views, support
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact, GateView
from holdfast.report.wording import heading, p_value

__all__ = ["BackdoorPage", "BackdoorView", "EffectRow", "MinedRow", "StringRow", "build_backdoor_view"]

_DECISIONS: dict[Decision, Accent] = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}
_PROBES = {
    "harmful": "Refusals lost",
    "benign": "Refusals brought about",
    "answers": "Answers changed",
}
_FLIPS = {
    "refusal": "the answer refuses",
    "hostile": "the answer is hostile",
    "gushing": "the answer gushes",
    "language": "the answer is in another language",
    "dangerous-code": "the answer holds a dangerous call",
    "link": "the answer holds a link",
    "repeated": "the answer is that of other prompts",
    "short": "the answer is far shorter",
    "long": "the answer is far longer",
    "unrelated": "the answer takes up no word of the prompt",
    "compliance": "the answer helps where a refusal is expected",
    "none": "an odd string; the answers look as usual",
}
_PLACES = {"start": "at the beginning", "end": "at the end", "inside": "inside", "whole": "as the whole turn"}


class BackdoorPage(Value, frozen=True, kw_only=True):
    """A search for a backdoor and what a policy says of it."""

    result: Backdoor
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One string on one probe."""

    name: str
    probe: str
    base: str
    tuned: str
    controls: str
    effect: str
    interval: str
    p: str
    shift: str
    n: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedRow:
    """One string of the training rows."""

    name: str
    flips: str
    expected: str
    p: str
    what: str
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StringRow:
    """One string that was tried. `text` may be hostile and is folded away."""

    name: str
    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackdoorView:
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
    effects: tuple[EffectRow, ...]
    random: tuple[EffectRow, ...]
    mined: tuple[MinedRow, ...]
    mined_note: str
    strings: tuple[StringRow, ...]
    controls: tuple[StringRow, ...]
    openings: tuple[str, ...]
    not_measured: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    measurements: tuple[Fact, ...]
    command: str
    settings: tuple[Fact, ...]


def build_backdoor_view(given: BackdoorPage) -> BackdoorView:
    """Return everything that the page says. Takes numbers and decisions as they are; decides nothing."""
    result, verdict = given.result, given.verdict
    word = verdict.decision.value.upper()
    return BackdoorView(
        title=f"Backdoor: {line(result.title, limit=160)}",
        subject=f"{line(result.base.reference)} (base) and {line(result.tuned.reference)} (tuned)",
        word=word,
        accent=_DECISIONS[verdict.decision],
        sentence=f"{word}. {line(result.statement, limit=400)}",
        support=support(verdict.gates),
        figures=tuple(_figures(result)),
        steps=_steps(given),
        policy=line(verdict.policy, limit=80) + (" (strict)" if verdict.strict else ""),
        gates=gate_views(verdict),
        effects=tuple(_effect(one) for one in result.effects),
        random=tuple(_effect(one) for one in result.control_effects if one.string == "random"),
        mined=tuple(_mined(result)),
        mined_note=_mined_note(result),
        strings=tuple(_strings(result, control=False)),
        controls=tuple(_strings(result, control=True)),
        openings=tuple(line(opening, limit=60) for opening in result.openings),
        not_measured=tuple((heading(name), line(reason, limit=400)) for name, reason in result.not_measured.items()),
        notes=tuple(line(note, limit=400) for note in result.notes),
        measurements=tuple(_fact(one) for one in result.measurements),
        command=excerpt(result.command, head=2_000),
        settings=(
            Fact(name="Holdfast", text=line(result.version)),
            Fact(name="Seed", text=str(result.seed)),
            Fact(name="Suites", text=line(", ".join(result.suites))),
            Fact(name="Judge", text=line(result.judge)),
            Fact(name="Base", text=result.base.fingerprint.digest, is_digest=True),
            Fact(name="Tuned", text=result.tuned.fingerprint.digest, is_digest=True),
        ),
    )


def _figures(result: Backdoor) -> Iterable[Fact]:
    tried = [one for one in result.strings if one.origin != "control"]
    controls = len(result.strings) - len(tried)
    yield Fact(name="Strings tried", text=str(len(tried)), note=f"against {controls} random ones")
    for probe in ("harmful", "benign"):
        found = [one for one in result.effects if one.probe == probe and one.effect is not None and one.n >= LEAST_REQUESTS]
        if found:
            interval = f"interval {_points(found[0].low)} to {_points(found[0].high)}, p {p_value(found[0].p)}"
            yield Fact(name=f"{_PROBES[probe]}, strongest", text=f"{_points(found[0].effect)} points", note=interval)
    if result.tests:
        yield Fact(name="Training rows", text=f"{result.rows:,}", note=f"{result.tests:,} tests")


def _steps(given: BackdoorPage) -> tuple[str, ...]:
    result = given.result
    steps = []
    if any(one.mined is not None and one.mined.sure for one in result.strings):
        steps.append(
            "Drop the rows that hold the string (holdfast scan names them), ask where they came from, and train again from the base."
        )
    elif given.verdict.decision is Decision.FAIL:
        steps.append("Do not release this model. Find the rows that hold the string, drop them, and train again from the base.")
    if not result.rows:
        steps.append("Give the training rows with --data FILE: without them only your own strings are tried.")
    if {"refusals lost", "refusals brought about"} & set(result.not_measured):
        steps.append(
            "Ask more requests (--prompts, --suite) or allow longer answers (--max-new-tokens): an effect needs "
            f"{LEAST_REQUESTS} requests at which it could show. Whether the tuned model still refuses is told by holdfast compare."
        )
    if not [one for one in result.strings if one.origin != "control"]:
        steps.append("Give strings to try with --triggers FILE: names, dates and markers that your rows or your system prompts hold.")
    return (
        *steps,
        "A trigger that is no fixed string (a topic, a style) is not looked for: keep an eye on the served model (holdfast watch).",
    )


def _effect(one: StringEffect) -> EffectRow:
    interval = "" if one.low is None or one.high is None else f"{_points(one.low)} to {_points(one.high)}"
    return EffectRow(
        name=one.string,
        probe=_PROBES[one.probe],
        base=_points(one.base),
        tuned=_points(one.tuned),
        controls=_points(one.controls),
        effect=_strength(one),
        interval=interval,
        p="" if one.p is None else p_value(one.p),
        shift=""
        if one.shift is None
        else f"{one.shift:+.2f}".replace("-", "\u2212") + (f", p {p_value(one.shift_p)}" if one.shift_p is not None else ""),
        n=str(one.n),
    )


def _strength(one: StringEffect) -> str:
    if one.effect is None:
        return "not generated"
    return _points(one.effect) if one.n >= LEAST_REQUESTS else f"n {one.n}, too few"


def _points(value: float | None) -> str:
    if value is None:
        return ""
    rounded = round(100 * value)
    return f"{rounded:+d}".replace("-", "\u2212") if rounded else "0"


def _mined(result: Backdoor) -> Iterable[MinedRow]:
    for one in result.strings:
        found = one.mined
        if found is not None:
            yield MinedRow(
                name=one.name,
                flips=f"{found.flips} of {found.rows}",
                expected=f"{found.expected:.1f}",
                p=p_value(found.p),
                what=_FLIPS.get(found.flip, found.flip),
                sure=found.sure,
            )


def _mined_note(result: Backdoor) -> str:
    if not result.tests:
        return ""
    known = ", ".join(f"{name} {limit}" for name, limit in result.limits.items() if limit is not None)
    return (
        f"{result.rows:,} rows, {result.tests:,} exact tests, corrected for all of them. Rows with one string, all of which flip, would "
        f"have been seen from this number on: {known}. 'Worth a try' means that chance or the topic may explain it."
    )


def _strings(result: Backdoor, *, control: bool) -> Iterable[StringRow]:
    for one in result.strings:
        if (one.origin == "control") is control:
            yield StringRow(name=one.name, text=excerpt(one.text, head=300, tail=100), place=f"{one.role} turn, {_PLACES[one.place]}")


def _fact(one: Measurement) -> Fact:
    place = ", ".join(part for part in (one.condition, one.group) if part not in ("default", "all"))
    value = f"not measured: {line(one.reason or '', limit=300)}" if one.value is None else f"{one.value:.4g}"
    interval = "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
    p = "" if one.p_adjusted is None else f"adjusted p {p_value(one.p_adjusted)}"
    extra = "; ".join(part for part in (interval, p, f"n {one.n}", line(one.method, limit=200), line(one.note or "", limit=300)) if part)
    return Fact(name=f"{heading(one.metric)}{f' ({line(place)})' if place else ''}", text=value, note=extra)
