"""What the page of a look inside two models says, as strings that are ready to print. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.compare.drift import Drift
from holdfast.plugins import InsideFacts, LayerDrift
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Fact
from holdfast.report.wording import heading, p_value

__all__ = ["DriftView", "LayerRow", "build_drift_view"]

_COMPARE = "Let both models answer: holdfast compare BASE TUNED. Only answers tell whether the tuned model still refuses."


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """One layer, or one part of the network."""

    name: str
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """Everything in the order in which it is read."""

    title: str
    word: str
    accent: str
    sentence: str
    subject: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    facts: InsideFacts | None
    layers: tuple[LayerRow, ...]
    kl: tuple[LayerRow, ...]
    updates: tuple[LayerRow, ...]
    updates_reason: str
    reason: str
    read: str
    measurements: tuple[Fact, ...]
    command: str
    settings: tuple[Fact, ...]


def build_drift_view(given: Drift) -> DriftView:
    """Return everything that the page says. Takes numbers as they are; there is no verdict to repeat."""
    facts = given.facts
    return DriftView(
        title=f"Inside: {line(given.title, limit=160)}",
        word="Triage",
        accent="none",
        sentence=f"Triage. {_statement(given)}",
        subject=f"{line(given.base)} (base) and {line(given.tuned)} (tuned)",
        figures=tuple(_figures(facts)) if facts else (),
        steps=_steps(given),
        facts=facts,
        layers=tuple(_layer(one) for one in facts.layers) if facts else (),
        kl=tuple(_kl(facts)) if facts else (),
        updates=tuple(_updates(facts)) if facts else (),
        updates_reason=line(facts.updates_reason, limit=300) if facts else "",
        reason=line(given.reason, limit=400),
        read=(
            f"Read at {given.refuse} requests that the base refuses and {given.benign} benign ones that it answers "
            f"({line(', '.join(given.suites))}), against {given.randoms} random directions and {given.splits} divisions into halves."
        ),
        measurements=tuple(_measured(given)),
        command=excerpt(given.command, head=2_000),
        settings=(
            Fact(name="Holdfast", text=line(given.version)),
            Fact(name="Seed", text=str(given.seed)),
            Fact(name="Judge", text=line(given.judge)),
            Fact(name="Base", text=given.base_fingerprint.digest, is_digest=True),
            Fact(name="Tuned", text=given.tuned_fingerprint.digest, is_digest=True),
        ),
    )


def _statement(given: Drift) -> str:
    if given.facts is None:
        return "Nothing inside the models was measured."
    outside, layers = len(given.outside), len(given.facts.layers)
    if outside:
        return f"The refusal direction left its noise floor after {outside} of {layers} layers."
    return f"The refusal direction stayed inside its noise floor after all {layers} layers."


def _steps(given: Drift) -> tuple[str, ...]:
    if given.facts is None:
        return ("Give more prompts that the base meets as it should, with --suite or --prompts.", _COMPARE)
    if given.outside:
        return (_COMPARE, "Do not read this as a loss of safety: a harmless fine-tune can move the direction as far.")
    return (_COMPARE, "Do not read this as safety kept: a loss under one system prompt or on one topic may not show here.")


def _figures(facts: InsideFacts) -> Iterable[Fact]:
    low = min(facts.layers, key=lambda one: one.cosine - one.cosine_floor)
    yield Fact(
        name=f"Cosine, layer {low.layer}",
        text=_number(low.cosine, 4),
        note=f"noise floor {_number(low.cosine_floor, 4)}",
    )
    moved = max(facts.layers, key=lambda one: abs(one.gap_tuned - one.gap_base) - one.gap_floor)
    change = moved.gap_tuned - moved.gap_base
    yield Fact(name=f"Gap, layer {moved.layer}", text=_signed(change), note=f"noise floor {_number(moved.gap_floor, 2)} either way")
    for name, values in (("refusals", facts.kl_refuse), ("benign answers", facts.kl_benign)):
        if values:
            yield Fact(name=f"KL, {name}", text=_number(sum(values) / len(values), 3), note=f"nats, mean of {len(values)} tokens")


def _layer(one: LayerDrift) -> LayerRow:
    return LayerRow(
        name=f"Layer {one.layer}",
        cells=(
            _number(one.cosine, 4),
            _number(one.cosine_floor, 4),
            _number(one.cosine_random, 2),
            _number(one.gap_base, 2),
            _number(one.gap_tuned, 2),
            _number(one.gap_own, 2),
            _number(one.gap_floor, 2),
            _number(one.gap_random, 2),
            p_value(one.random_p),
        ),
        note="inside" if one.inside else "outside",
    )


def _kl(facts: InsideFacts) -> Iterable[LayerRow]:
    for place in range(max(len(facts.kl_refuse), len(facts.kl_benign))):
        cells = tuple(_number(values[place], 3) if place < len(values) else "" for values in (facts.kl_refuse, facts.kl_benign))
        yield LayerRow(name=f"Token {place + 1}", cells=cells)


def _updates(facts: InsideFacts) -> Iterable[LayerRow]:
    for part, value in facts.updates.items():
        yield LayerRow(name=heading(part.replace("-", " ")), cells=(_number(value, 4),))


def _measured(given: Drift) -> Iterable[Fact]:
    for one in given.measurements:
        place = ", ".join(part for part in ("" if one.side == "run" else one.side, "" if one.group == "all" else one.group) if part)
        text = f"not measured: {line(one.reason or '', limit=300)}" if one.value is None else f"{one.value:.4g}"
        name = f"{heading(one.metric)}{f' ({place})' if place else ''}"
        yield Fact(name=name, text=text, note=line(one.method, limit=300))


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}".replace("-", "\u2212")
    return text.removeprefix("\u2212") if not text.strip("\u2212").strip("0.") else text


def _signed(value: float) -> str:
    text = _number(value, 2)
    return text if value < 0 else f"+{text}"
