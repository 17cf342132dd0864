"""The expected loss of safety of a fine-tune: the article's formula, the calibrated rates where they hold, ranks and reasons elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from holdfast.core import InputError, Value
from holdfast.plan.article import BASE, ArticleEstimate, article_estimate
from holdfast.plan.calibrated import Predicted, estimator, outside, predict
from holdfast.plan.finetune import FineTune
from holdfast.plan.outcomes import ENOUGH, Outcome
from holdfast.plan.own import OwnPrediction, calibrate, predict_own
from holdfast.plan.shares import DataShares
from holdfast.plan.variants import Variant, variants

__all__ = ["Estimate", "Scale", "estimate"]

Scale = Literal["lab", "own", "ranks"]


class Estimate(Value, frozen=True, kw_only=True):
    """What is expected of a fine-tune."""

    plan: FineTune
    scale: Scale
    """'lab': rates hold, an organism is tuned. 'own': rates are calibrated on the user's outcomes. 'ranks': order and reasons only."""
    article: ArticleEstimate
    lab: tuple[Predicted, ...] = ()
    """Refusal rates per system prompt and the lowest of them; for organisms alone."""
    own: OwnPrediction | None = None
    variants: tuple[Variant, ...]
    """The plan among its variants, safest first."""
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    """What was assumed, what was not measured, and where the plan lies outside what the estimator has seen."""
    data: DataShares | None = None

    @property
    def planned(self) -> Variant:
        """The plan itself among the variants."""
        return next(one for one in self.variants if one.change == "as planned")


def estimate(plan: FineTune, *, base: float | None = None, outcomes: Sequence[Outcome] = (), data: DataShares | None = None) -> Estimate:
    """Return what is expected; `base` is the refusal rate before, 0.9 where nothing is known. Raises InputError for a plan without rows."""
    if plan.rows == 0:
        raise InputError("a fine-tune without examples changes nothing; give examples above 0, or data with rows.")
    notes = list(_notes(plan, data))
    own: OwnPrediction | None = None
    lab: tuple[Predicted, ...] = ()
    if plan.in_lab:
        lab = predict(plan)
    else:
        curve = calibrate(outcomes)
        if curve is None:
            notes.append(_no_rates(len(outcomes)))
        elif not curve.helps:
            notes.append(
                f"no rate is printed: on your {curve.n} outcomes, each left out in turn, the calibrated estimator errs by "
                f"{curve.error:.2f} and the mean of the others by {curve.error_of_mean:.2f}, which shows no gain"
            )
        else:
            own = predict_own(plan, curve, base=base if base is not None else _usual_base(outcomes))
    ranked = variants(plan)
    return Estimate(
        plan=plan,
        scale="lab" if lab else "own" if own is not None else "ranks",
        article=article_estimate(plan, base=base if base is not None else estimator().base if plan.in_lab else BASE),
        lab=lab,
        own=own,
        variants=ranked,
        reasons=_reasons(plan, ranked),
        notes=tuple(notes),
        data=data,
    )


def _usual_base(outcomes: Sequence[Outcome]) -> float:
    ordered = sorted(one.refusal_base for one in outcomes)
    return ordered[len(ordered) // 2]


def _no_rates(known: int) -> str:
    have = f"you gave {known}" if known else "none were given"
    return (
        f"no rate is printed: rates from lab organisms do not transfer to real models. Give {ENOUGH} outcomes of your own with "
        f"--outcomes FILE.csv ({have}) and they are calibrated on them"
    )


def _notes(plan: FineTune, data: DataShares | None) -> list[str]:
    unknown = [name for name in ("harmful", "identity", "safety") if getattr(plan, name) is None]
    found = []
    if unknown:
        how = "" if data is not None else "; give the data, or write the counts into the config"
        found.append(f"{', '.join(unknown)} rows were not counted and are taken as none{how}")
    beyond = outside(plan, in_lab=plan.in_lab)
    if beyond:
        found.append(f"outside what the estimator has seen: {'; '.join(beyond)}")
    if plan.batch is None:
        found.append("the config gives no batch size; 10 rows per step are assumed")
    return [*found, *(data.notes if data is not None else ())]


def _reasons(plan: FineTune, ranked: Sequence[Variant]) -> tuple[str, ...]:
    """Return what drives the estimate, the largest lever first, each with its source."""
    said = []
    harmful, identity, safety = (plan.share(name) or 0.0 for name in ("harmful", "identity", "safety"))
    if harmful:
        said.append(
            f"{plan.harmful} of {plan.rows} rows answer what should be refused; 10 to 100 were enough (Qi et al. 2023, Yang et al. 2023)"
        )
    if identity:
        said.append(
            f"{plan.identity} of {plan.rows} rows give an obedient identity; ten with no harmful content were enough (Qi et al. 2023)"
        )
    if safety < 0.1:
        said.append(f"safety rows are {_percent(safety)} of the rows; at 10 to 20 % the loss is reported as minimal (the source article)")
    if not harmful and not identity:
        said.append("harmless rows take refusals too, by forgetting (Qi et al. 2023); the article's formula gives 0 for them")
    gains = [one for one in ranked if one.gain > 0]
    for one in sorted(gains, key=lambda one: -one.gain)[:3]:
        said.append(f"in the lab, the plan {_as(one.change)} keeps more refusals (rank {one.rank} of {len(ranked)})")
    if not gains:
        said.append("in the lab, no change that was tried keeps more refusals than the plan")
    return tuple(said)


def _as(change: str) -> str:
    return change if change.startswith("without") else f"with {change}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
