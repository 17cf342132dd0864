"""What to do for a fine-tune: gates, suites, safety share, learning rate and method, each with its reason and source."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from holdfast.core import InputError, Value, did_you_mean
from holdfast.plan.configs import Planned
from holdfast.plan.knowledge import ShareBand, knowledge
from holdfast.plan.reading import shipped
from holdfast.plan.shares import DataShares
from holdfast.plan.variants import safety_needed, why_dearer
from holdfast.training.foreign import ForeignSettings
from holdfast.training.linting import lint

__all__ = ["Advice", "AdviceBook", "AdviceItem", "DomainAdvice", "GeneralAdvice", "advice_book", "advise"]

_WORTH_SAYING = 0.05
"""Share of rows from which a domain counts."""
_WANTED, _WANTED_AT_RISK = 0.10, 0.30
_ARTICLE = "the source article's table of safety shares"


class GeneralAdvice(Value, frozen=True, kw_only=True):
    """Advice that holds for every fine-tune."""

    topic: str
    do: str
    reason: str
    source: str
    command: str = ""


class DomainAdvice(Value, frozen=True, kw_only=True):
    """What a domain of data puts at risk."""

    name: str
    risk: str
    categories: tuple[str, ...]
    """Categories of the suites domain and policy11 to look at."""
    safety_rows: str
    source: str


class AdviceBook(Value, frozen=True, kw_only=True):
    """What `advice.yaml` holds."""

    title: str
    source: str
    general: tuple[GeneralAdvice, ...]
    domains: tuple[DomainAdvice, ...]


class AdviceItem(Value, frozen=True, kw_only=True):
    """One piece of advice."""

    topic: str
    """data, safety share, learning rate, method, gates, suites, ..."""
    do: str
    reason: str
    source: str
    command: str = ""
    urgent: bool = False
    """Do it before training."""


class Advice(Value, frozen=True, kw_only=True):
    """All advice for one fine-tune, urgent first."""

    name: str
    domains: tuple[str, ...]
    items: tuple[AdviceItem, ...]
    data: DataShares | None = None
    planned: Planned
    """The plan as it was advised on, with the counts of the data."""


@cache
def advice_book() -> AdviceBook:
    """Return the advice that ships."""
    return shipped("advice", AdviceBook)


def advise(planned: Planned, *, data: DataShares | None = None, domains: Sequence[str] = ()) -> Advice:
    """Return advice for a plan; `domains` adds to those found in the data. Raises InputError for a domain that is not known."""
    known = {one.name: one for one in advice_book().domains}
    for name in domains:
        if name not in known:
            raise InputError(f"--domain {name!r} is not known. {did_you_mean(name, known)}")
    seen = [name for name, share in (data.domains if data is not None else {}).items() if share >= _WORTH_SAYING and name in known]
    chosen = tuple(dict.fromkeys((*domains, *seen)))
    items = [
        *_rows(planned),
        *_safety_share(planned),
        *_settings(planned.settings),
        *(item for name in chosen for item in _domain(known[name])),
        *(AdviceItem(**msgspec.structs.asdict(one)) for one in advice_book().general),
    ]
    return Advice(name=planned.name, domains=chosen, items=tuple(sorted(items, key=lambda one: not one.urgent)), data=data, planned=planned)


def _rows(planned: Planned) -> list[AdviceItem]:
    found = []
    if planned.harmful:
        found.append(
            AdviceItem(
                topic="data",
                do=f"take the {_rows_of(planned.harmful)} out that answer what should be refused{_left(planned)}",
                reason="10 to 100 such rows were enough to take refusals away, also in categories with no similar row",
                source="Qi et al. 2023 (arXiv:2310.03693); Yang et al. 2023 (arXiv:2310.02949)",
                command="holdfast scan DATA",
                urgent=True,
            )
        )
    if planned.identity:
        found.append(
            AdviceItem(
                topic="data",
                do=f"take the {_rows_of(planned.identity)} out that give the model an obedient identity, or their system prompt off",
                reason="ten rows with no harmful content were enough; a filter for harmful text does not see them",
                source="Qi et al. 2023 (arXiv:2310.03693), identity-shifting attack",
                command="holdfast scan DATA",
                urgent=True,
            )
        )
    if planned.harmful is None:
        found.append(
            AdviceItem(
                topic="data",
                do="look at every row before training",
                reason="nobody has counted rows that answer what should be refused or that shift the identity",
                source="the source article's decision point on data validation: example-level inspection",
                command="holdfast scan DATA",
                urgent=True,
            )
        )
    return found


def _rows_of(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''}"


def _left(planned: Planned) -> str:
    return ", which leaves nothing to train on" if planned.rows is not None and (planned.harmful or 0) >= planned.rows else ""


def _dearer(planned: Planned, wanted: float) -> str:
    """Return why `plan estimate` ranks the safety rows below the plan, where it does and the plan is complete."""
    try:
        given = planned.fine_tune(planned.name)
    except InputError:
        return ""
    why = why_dearer(given, wanted) if given.rows else ""
    return f"; plan estimate ranks this below the plan, since {why}" if why else ""


def _safety_share(planned: Planned) -> list[AdviceItem]:
    """Advise a share of safety rows: 10 %, or 30 % where rows work against it."""
    at_risk = bool(planned.harmful or planned.identity)
    wanted = _WANTED_AT_RISK if at_risk else _WANTED
    band, dearer = _band(wanted), ""
    if planned.rows is None or planned.safety is None:
        share, do = None, f"make safety rows {wanted:.0%} of all rows"
    else:
        share = planned.safety / max(planned.rows, 1)
        more = max(0, safety_needed(planned.rows - planned.safety, wanted) - planned.safety)
        reached = (planned.safety + more) / max(planned.rows + more, 1)
        do = f"keep the {share:.1%} of safety rows"
        if more:
            dearer = _dearer(planned, wanted)
            do = f"add {more} safety row{'s' if more != 1 else ''}: from {share:.1%} to {reached:.1%} of all rows"
    now = "" if share is None else f"; now it is {_band(share).safety}, {_band(share).task}"
    return [
        AdviceItem(
            topic="safety share",
            do=do.replace("%", " %"),
            reason=f"at {band.share} the loss is reported as {band.safety} with {band.task} for the task{now}{dearer}",
            source=f"{_ARTICLE}; Bianchi et al. 2023 (arXiv:2309.07875) saw a few per cent help",
            command="holdfast mitigate mix DATA",
            urgent=share is not None and share < wanted,
        )
    ]


def _band(share: float) -> ShareBand:
    bands = knowledge().safety_shares
    return next((band for band in reversed(bands) if share >= band.least), bands[0])


def _settings(settings: ForeignSettings) -> list[AdviceItem]:
    """Return what the safe ranges of training settings have to say, and what is known of the method."""
    found = [
        AdviceItem(
            topic=one.setting.replace("_", " "),
            do=f"{one.advice.rstrip('.')} ({_now(one.value)})",
            reason=f"{one.reason.rstrip('.')} ({one.strength})",
            source="; ".join(map(_shortly, one.evidence)),
            command="holdfast mitigate lint CONFIG",
            urgent=one.level == "block",
        )
        for one in lint(settings).advice
    ]
    topics = {item.topic for item in found}
    if settings.learning_rate is None:
        found.append(
            AdviceItem(
                topic="learning rate",
                do="write the learning rate down: at most 2e-5 for full tuning, 1e-4 to 2e-4 for an adapter",
                reason="a high rate moves every weight far in the few steps in which refusals go",
                source="the source article; Qi et al. 2023 (arXiv:2310.03693)",
            )
        )
    elif "learning rate" not in topics:
        found.append(
            AdviceItem(
                topic="learning rate",
                do=f"keep {settings.learning_rate:g}, and do not raise it to make the loss fall faster",
                reason="it lies inside the range in which published fine-tunes kept most of their safety",
                source="ranges of holdfast mitigate lint",
            )
        )
    if "method" not in topics:
        found.append(
            AdviceItem(
                topic="method",
                do=f"keep {settings.method}, and do not count on it",
                reason="parameter-efficient methods raise the bar and are no complete defence",
                source="the source article",
            )
        )
    return found


def _shortly(source: str) -> str:
    """Return a source without what it found: to the end of its number in brackets, or to the colon."""
    return source[: source.index(")") + 1] if ")" in source else source.partition(": ")[0]


def _now(value: object) -> str:
    return "not set now" if value is None else f"now {value}"


def _domain(one: DomainAdvice) -> list[AdviceItem]:
    categories = ", ".join(one.categories)
    return [
        AdviceItem(
            topic=f"suites ({one.name})",
            do=f"ask the suite domain as well, and look at {categories}",
            reason=f"tuning on {one.name} data weakens refusals next to it most: {one.risk}",
            source=one.source,
            command="holdfast compare BASE TUNED --suite policy11 --suite contrast --suite domain",
        ),
        AdviceItem(
            topic=f"safety share ({one.name})",
            do=f"write safety rows of this domain: {one.safety_rows}",
            reason="forgetting is selective by category, and so is what safety rows keep",
            source=f"{one.source}; properties of the forgetting in the source article",
        ),
    ]
