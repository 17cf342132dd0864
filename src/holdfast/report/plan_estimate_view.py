"""What is said of an estimate: rates where they hold, ranks and reasons elsewhere, and the article's formula beside them."""

from __future__ import annotations

from holdfast.plan.calibrated import estimator
from holdfast.plan.estimating import Estimate
from holdfast.plan.variants import Variant
from holdfast.report.hostile import line
from holdfast.report.page import Fact
from holdfast.report.plan_charts import rates_svg
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["estimate_view"]

_NO_FORMULA = "harmful rows were not counted"
_WORDS = {"default": "default prompt", "identity": "identity prompt", "lowest": "lowest of the two"}


def estimate_view(given: Estimate) -> PlanView:
    """Return everything that is said of an estimate."""
    return PlanView(
        title=f"Estimate for {line(given.plan.name, limit=120)}",
        word="Estimate",
        sentence=f"Estimate. {_statement(given)}",
        subject=_subject(given),
        figures=_figures(given),
        steps=_steps(given),
        sections=(
            *_rates(given),
            PlanSection(title="Why", lines=tuple(line(one, limit=400) for one in given.reasons)),
            _ranks(given),
            _article(given),
            *((PlanSection(title="Mind", lines=tuple(line(one, limit=400) for one in given.notes)),) if given.notes else ()),
        ),
    )


def _statement(given: Estimate) -> str:
    place = _place(given)
    if given.lab:
        lowest = given.lab[-1]
        return (
            f"The tuned organism is expected to refuse {_share(lowest.value)} of what it should refuse, between {_share(lowest.low)} and "
            f"{_share(lowest.high)}{_extrapolated(given)}; {place}."
        )
    if given.own is not None:
        own = given.own
        return (
            f"Calibrated on {own.curve.n} of your own fine-tunes: {_share(own.value)} refused, between {_share(own.low)} and "
            f"{_share(own.high)}, before {_share(own.base)}; {place}."
        )
    return f"{place[0].upper()}{place[1:]}. No rate is given: {line(given.no_rate, limit=400)}."


def _place(given: Estimate) -> str:
    """Return where the plan stands among its variants, ties said as ties."""
    count, rank = len(given.variants), given.planned.rank
    ties = sum(one.rank == rank for one in given.variants) - 1
    taken = f", {' and '.join(given.plan.uncounted)} rows taken as none" if given.plan.uncounted else ""
    if ties == count - 1:
        return (
            f"the plan ties with all {ties} of its variants{taken}: no change that was tried makes a difference to speak of in the lab, "
            "which does not say that the plan is safe"
        )
    shared = f"shares rank {rank} of {count} with {ties} of its variants" if ties else f"has rank {rank} of {count} among its variants"
    # A first place among bad plans reads like praise.
    first = ", which does not say that it is safe" if rank == 1 else ""
    return f"the plan {shared}, 1 the safest{taken}{first}"


def _extrapolated(given: Estimate) -> str:
    return " (extrapolated: the plan lies outside what was fitted)" if given.outside else ""


def _subject(given: Estimate) -> str:
    plan = given.plan
    shares = ", ".join(f"{'?' if (count := getattr(plan, name)) is None else count} {name}" for name in ("harmful", "identity", "safety"))
    model = f"{line(plan.model, limit=120)}, " if plan.model else ""
    return f"{model}{plan.rows} rows ({shares}), {plan.method}, learning rate {plan.learning_rate:g}, {plan.epochs:g} epochs"


def _figures(given: Estimate) -> tuple[Fact, ...]:
    found = given.article
    article = Fact(
        name="article's formula",
        text="?" if found is None else f"{found.final:.2f}",
        note=_NO_FORMULA if found is None else f"safety after, risk {found.risk}",
    )
    ties = sum(one.rank == given.planned.rank for one in given.variants) - 1
    shared = f"shared with {ties} of its variants" if ties else "among its variants"
    rank = (
        Fact(name="rank", text="all tie", note="no change that was tried makes a difference")
        if ties == len(given.variants) - 1
        else Fact(name="rank", text=f"{given.planned.rank} of {len(given.variants)}", note=f"{shared}, 1 is the safest")
    )
    rates = [
        Fact(name=_WORDS[one.prompt], text=_share(one.value), note=f"{_share(one.low)} to {_share(one.high)} refused")
        for one in given.lab[:2]
    ]
    if given.own is not None:
        rates.append(
            Fact(name="your history", text=_share(given.own.value), note=f"{_share(given.own.low)} to {_share(given.own.high)} refused")
        )
    return (*rates, rank, article)


def _rates(given: Estimate) -> tuple[PlanSection, ...]:
    if given.lab:
        rows = tuple((_WORDS[one.prompt], _share(one.value), _share(one.low), _share(one.high)) for one in given.lab)
        return (
            PlanSection(
                title="Refusals expected after the fine-tune",
                lead=(
                    f"Fitted on {estimator().organisms} lab organisms, with {100 * given.lab[0].confidence:.0f} % intervals. "
                    "They hold over the plans of the grid together, not for each kind of plan: lab:compliant-10, ten rows that all answer "
                    "what should be refused, ended at 22 and 69 %, below both of its intervals (docs/explanation/risk-estimate.md)."
                ),
                chart=rates_svg([(_WORDS[one.prompt], one.value, one.low, one.high) for one in given.lab]),
                tables=(PlanTable(caption="Refusal rates", heads=("Prompt", ">Refused", ">From", ">To"), rows=rows),),
            ),
        )
    if given.own is None:
        return ()
    own = given.own
    row = ("calibrated on your history", _share(own.value), _share(own.low), _share(own.high))
    return (
        PlanSection(
            title="Refusals expected after the fine-tune",
            lead=(
                f"On your {own.curve.n} outcomes, each left out in turn, the estimate errs by {100 * own.curve.error:.0f} points, "
                f"the mean of the others by {100 * own.curve.error_of_mean:.0f}."
            ),
            chart=rates_svg([("your history", own.value, own.low, own.high)]),
            tables=(PlanTable(caption="Refusal rates", heads=("Estimate", ">Refused", ">From", ">To"), rows=(row,)),),
        ),
    )


def _ranks(given: Estimate) -> PlanSection:
    rows = tuple((one.change, str(one.rank), _gain(one)) for one in given.variants)
    hint = "Ranks come from the calibrated index of lab organisms. " + (
        "" if given.plan.in_lab else "The learning rate is taken against the usual one of its method, since scales differ."
    )
    return PlanSection(
        title="The plan among its variants",
        lead="One thing changed at a time, the safest first.",
        tables=(PlanTable(caption="Variants", heads=("Plan", ">Rank", "Against the plan"), rows=rows),),
        hint=hint.strip(),
    )


def _gain(one: Variant) -> str:
    if one.change == "as planned":
        return ""
    return "safer" if one.gain > 0 else "less safe" if one.gain < 0 else "no difference"


def _article(given: Estimate) -> PlanSection:
    found = given.article
    if found is None:
        return PlanSection(title="The article's formula", lead=f"Not computed: {_NO_FORMULA}.")
    rows = (
        ("harmful share", f"{found.harmful_share:.4g}"),
        ("method factor", f"{found.method_factor:g}"),
        ("learning-rate factor, at most 2", f"{found.rate_factor:.4g}"),
        ("epoch factor, at most 3", f"{found.epoch_factor:.4g}"),
        ("degradation (their product x 0.8)", f"{found.degradation:.4f}"),
        ("safety before", f"{found.base:.4g}"),
        ("safety after, at least 0.05", f"{found.final:.4f}"),
        ("retained", f"{100 * found.retained:.1f} %"),
        ("risk", found.risk),
    )
    return PlanSection(
        title="The article's formula",
        lead="Kept as the article has it. It gives no loss for harmless rows and almost none for few harmful rows among many.",
        tables=(PlanTable(caption="The article's formula", heads=("Term", ">Value"), rows=rows),),
    )


def _steps(given: Estimate) -> tuple[str, ...]:
    better = sorted((one for one in given.variants if one.gain > 0), key=lambda one: -one.gain)
    steps = (
        [f"Consider the plan {better[0].change if better[0].change.startswith('without') else f'with {better[0].change}'}."]
        if better
        else []
    )
    if given.data is None:
        steps.append("Let the data speak: holdfast plan estimate CONFIG DATA.")
    return (
        *steps,
        "Ask for gates, suites and a safety share: holdfast plan advise CONFIG.",
        "Take no estimate for a measurement: holdfast compare BASE TUNED.",
    )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
