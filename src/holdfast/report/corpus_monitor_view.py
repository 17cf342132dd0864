"""What the page of a canary monitor says, as strings that are ready to print. No secret is in it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.corpus.monitor_facts import CanaryMonitoring, MonitoredLook, Outcome
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact
from holdfast.report.wording import percent

__all__ = ["LookLine", "MonitorView", "build_monitor_view"]

_ACCENTS: dict[Outcome, Accent] = {"alarm": "fail", "quiet": "pass", "undecided": "undecided"}
_STEPS: dict[Outcome, tuple[str, ...]] = {
    "alarm": (
        "Stop or pause the training, and keep the checkpoint before the alarm.",
        "See how often rows repeat: exposure grows with copies and epochs (holdfast corpus run, duplicates.near).",
        "Measure what else is given back: holdfast memorization BASE CHECKPOINT --canaries MANIFEST.",
    ),
    "quiet": (
        "Go on monitoring while the training runs: exposure grows with every pass over the data.",
        "Measure the finished model: holdfast memorization BASE MODEL --canaries MANIFEST.",
    ),
    "undecided": ("Mend what is named above, and run the same command again: it goes on from here.",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """One line of the table of looks."""

    name: str
    note: str
    cells: tuple[str, ...]
    alarm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """Everything in the order in which it is read. The first names are those of `Page`, so that templates are shared."""

    title: str
    subject: str
    word: str
    accent: Accent
    sentence: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    rule: str
    heads: tuple[str, ...]
    looks: tuple[LookLine, ...]
    notes: tuple[str, ...]
    command: str
    settings: tuple[Fact, ...]


def build_monitor_view(found: CanaryMonitoring) -> MonitorView:
    """Return everything that the page says. Takes numbers and the outcome as they are; decides nothing."""
    word = found.outcome.upper()
    counts = [group.copies for group in found.looks[-1].groups] if found.looks else []
    return MonitorView(
        title=f"Canaries: {line(found.title, limit=160)}",
        subject="",
        word=word,
        accent=_ACCENTS[found.outcome],
        sentence=f"{word}. {line(found.why, limit=400)}",
        figures=_figures(found),
        steps=_STEPS[found.outcome],
        rule=_rule(found),
        heads=(
            "Step",
            *(f"{count} {'copy' if count == 1 else 'copies'}" for count in counts),
            "Stands out most",
            "Alarm line",
            "Controls, mean",
        ),
        looks=tuple(_look(look) for look in sorted(found.looks, key=lambda look: look.step)),
        notes=tuple(line(note, limit=400) for note in found.notes),
        command=excerpt(found.command, head=2_000),
        settings=(
            Fact(name="Holdfast", text=line(found.version)),
            Fact(name="Seed of the permutations", text=str(found.seed)),
            Fact(name="Permutations", text=f"{found.rule.permutations:,}"),
            Fact(name="Canary manifest", text=found.manifest_sha256, is_digest=True),
        ),
    )


def _figures(found: CanaryMonitoring) -> tuple[Fact, ...]:
    facts = [Fact(name="Checkpoints", text=str(len(found.looks)), note="looked at")]
    if found.looks:
        last = max(found.looks, key=lambda look: look.step)
        top = max(last.groups, key=lambda group: (group.bits, group.copies))
        facts.append(
            Fact(name="Highest exposure", text=f"{top.bits:.1f} bits", note=f"{top.copies} copies, step {last.step:,}; chance is 1.4")
        )
    facts.append(Fact(name="Canaries", text=str(found.canaries), note=f"and {found.controls} controls that were never planted"))
    return tuple(facts)


def _rule(found: CanaryMonitoring) -> str:
    if found.rule.bits is not None:
        share = percent(found.looks[-1].false_alarms) if found.looks else "unknown"
        return (
            f"The alarm is raised where the mean exposure of the canaries with some number of copies reaches {found.rule.bits:g} bits. "
            f"Of {found.rule.permutations:,} runs in which other secrets of the same draw are called the planted ones, {share} have "
            "reached it by now: the chance of an alarm without memory."
        )
    return (
        "The alarm is raised where the planted secrets, of canaries with one number of copies or with so many and more together, stand "
        f"out from all others of the same draw more than in all but a few of {found.rule.permutations:,} runs in which other secrets are "
        f"called the planted ones. Over all checkpoints, however many are "
        f"looked at, a model that remembers nothing raises it with a chance of at most {percent(found.rule.alpha)}."
    )


def _look(look: MonitoredLook) -> LookLine:
    bits = [f"{group.bits:.1f} ({group.low:.1f} to {group.high:.1f})" for group in look.groups]
    bar = look.mean_line
    mean = look.controls.mean
    return LookLine(
        name=f"{look.step:,}" + (" (alarm)" if look.alarm else ""),
        note=line(look.reference.rstrip("/").rsplit("/", 1)[-1], limit=120),
        cells=(
            *bits,
            f"{look.mean:.2f} ({look.who})",
            "none" if bar is None else f"{bar:.2f}",
            "not measured" if mean is None else f"{mean:.1f}",
        ),
        alarm=look.alarm,
    )
