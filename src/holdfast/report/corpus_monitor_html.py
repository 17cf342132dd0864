"""The page of a canary monitor: exposure against training steps, the alarm line, every look."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log10
from typing import TYPE_CHECKING

from holdfast.corpus.monitor_facts import CanaryMonitoring, MonitoredLook
from holdfast.report.corpus_monitor_view import build_monitor_view
from holdfast.report.drawing import BAD, INK, LINE, MUTED, RULE, TUNED, dot, draw, text
from holdfast.report.html import environment, style_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["monitor_html", "monitor_svg", "write_monitor_html"]

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, _WIDTH - 100.0, 14.0, _HEIGHT - 46.0
_LABEL_GAP = 13.0
_CHANCE = 1.443
_MOST_TICKS = 8


def monitor_html(found: CanaryMonitoring) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    from markupsafe import Markup

    # A drawing of ours, no input: its texts were escaped when it was drawn.
    chart = Markup(monitor_svg(found.looks, name="exposure")) if found.looks else None
    return (
        environment().get_template("corpus_monitor.html.j2").render(page=build_monitor_view(found), chart=chart, style=style_sheet()) + "\n"
    )


def write_monitor_html(found: CanaryMonitoring, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(monitor_html(found), encoding="utf-8", newline="\n")


def monitor_svg(looks: Sequence[MonitoredLook], *, name: str) -> str:
    """Return mean exposure against steps as inline SVG: a line per number of copies with its interval, chance, and the alarm line."""
    ordered = sorted(looks, key=lambda look: look.step)
    return draw(_WIDTH, _HEIGHT, name, lambda axes: _paint(axes, ordered))


def _paint(axes: Axes, looks: Sequence[MonitoredLook]) -> None:
    lines = [group.line for look in looks for group in look.groups if group.line is not None]
    highest = max(group.high for look in looks for group in look.groups)
    top = max(highest, *lines, 4.0) * 1.08
    first, last = looks[0].step, looks[-1].step

    def x(step: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * ((step - first) / (last - first) if last > first else 0.5)

    def y(bits: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * max(bits, 0.0) / top

    for tick in range(0, int(top) + 1, 2):
        axes.plot([_LEFT, _RIGHT], [y(tick)] * 2, color=RULE, linewidth=1)
        text(axes, _LEFT - 8, y(tick), str(tick), ha="right", color=MUTED, fontsize=10)
    for step in _ticks([look.step for look in looks]):
        text(axes, x(step), _BOTTOM + 14, f"{step:,}", ha="center", color=MUTED, fontsize=10)
    text(axes, (_LEFT + _RIGHT) / 2, _BOTTOM + 33, "training step; mean exposure in bits", ha="center", color=MUTED, fontsize=10.5)
    axes.plot([_LEFT, _RIGHT], [y(_CHANCE)] * 2, color=LINE, linewidth=1, dashes=(3, 3))
    labels = [(y(_CHANCE), "chance", MUTED)]
    alarm = next((look for look in looks if look.alarm), None)
    if alarm is not None:
        axes.plot([x(alarm.step)] * 2, [_TOP, _BOTTOM], color=BAD, linewidth=1, dashes=(2, 2))
        text(axes, x(alarm.step) + 5, _BOTTOM - 9, "alarm", color=BAD, fontsize=10)
    most = looks[-1].groups[-1].copies
    bar = [(x(look.step), group.line) for look in looks for group in look.groups if group.copies == most and group.line is not None]
    if bar:
        axes.plot([at for at, _ in bar], [y(bits) for _, bits in bar], color=BAD, linewidth=1.5, dashes=(5, 3))
        labels.append((y(bar[-1][1]), "alarm line", BAD))
    labels += _series(axes, looks, x, y)
    for height, (_, label, colour) in zip(_apart([height for height, _, _ in labels]), labels, strict=True):
        text(axes, _RIGHT + 10, height, label, color=colour, fontsize=10)


def _series(axes: Axes, looks: Sequence[MonitoredLook], x, y) -> list[tuple[float, str, str]]:  # type: ignore[no-untyped-def]
    labels = []
    counts = [group.copies for group in looks[-1].groups]
    for place, copies in enumerate(counts):
        series = [(x(look.step), group) for look in looks for group in look.groups if group.copies == copies]
        # More copies, a stronger line: the eye finds the one that matters without a legend.
        strength = 0.35 + 0.65 * place / max(1, len(counts) - 1)
        ats = [at for at, _ in series]
        axes.fill_between(ats, [y(group.low) for _, group in series], [y(group.high) for _, group in series], facecolor=TUNED, alpha=0.07)
        axes.plot(ats, [y(group.bits) for _, group in series], color=TUNED, linewidth=1 + 1.2 * strength, alpha=strength)
        for at, group in series:
            dot(axes, at, y(group.bits), 2.2, TUNED)
        labels.append((y(series[-1][1].bits), f"{copies} {'copy' if copies == 1 else 'copies'}", INK))
    return labels


def _ticks(steps: Sequence[int]) -> list[int]:
    """Return the steps to name below the axis: the looks themselves where they are few, else round numbers between them."""
    if len(steps) <= _MOST_TICKS:
        return list(steps)
    span = steps[-1] - steps[0]
    size = 10 ** int(log10(span / _MOST_TICKS))
    width = next(size * factor for factor in (1, 2, 5, 10, 20, 50) if span / (size * factor) <= _MOST_TICKS)
    return list(range(-(-steps[0] // width) * width, steps[-1] + 1, width))


def _apart(heights: Sequence[float]) -> list[float]:
    """Move labels that would overlap apart, keeping their order: those at the foot move up."""
    moved = list(heights)
    order = sorted(range(len(heights)), key=lambda place: -heights[place])
    for below, above in pairwise(order):
        moved[above] = min(moved[above], moved[below] - _LABEL_GAP)
    return moved
