"""The expected loss of safety of a fine-tune: the article's formula, the calibrated rates where they hold, ranks and reasons elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from holdfast.core import InputError, Value
from holdfast.plan.article import BASE, ArticleEstimate, article_estimate
from holdfast.plan.calibrated import Predicted, estimator, outside, predict
from holdfast.plan.finetune import CALIBRATED_BASE, FineTune
from holdfast.plan.outcomes import ENOUGH, Outcome
from holdfast.plan.own import OwnPrediction, calibrate, predict_own
from holdfast.plan.shares import DataShares
from holdfast.plan.variants import Variant, variants, why_dearer

__all__ = ["Estimate", "Scale", "estimate"]

Scale = Literal["lab", "own", "ranks"]


class Estimate(Value, frozen=True, kw_only=True):
    """What is expected of a fine-tune."""

    plan: FineTune
    scale: Scale
    """'lab': rates hold, an organism is tuned. 'own': rates are calibrated on the user's outcomes. 'ranks': order and reasons only."""
    article: ArticleEstimate | None
    """None where nobody counted harmful rows: the formula would take them as none."""
    lab: tuple[Predicted, ...] = ()
    """Refusal rates per system prompt and the lowest of them; for fine-tunes of `lab:aligned` alone."""
    own: OwnPrediction | None = None
    variants: tuple[Variant, ...]
    """The plan among its variants, safest first."""
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    """What was assumed, what was not measured, and where the plan lies outside what the estimator has seen."""
    no_rate: str = ""
    """Why there is neither `lab` nor `own`."""
    outside: tuple[str, ...] = ()
    """In what the plan lies outside the organisms that the estimator was fitted on."""
    data: DataShares | None = None

    @property
    def planned(self) -> Variant:
        """The plan itself among the variants."""
        return next(one for one in self.variants if one.change == "as planned")


def estimate(plan: FineTune, *, base: float | None = None, outcomes: Sequence[Outcome] = (), data: DataShares | None = None) -> Estimate:
    """Return what is expected; `base` is the refusal rate before, 0.9 where nothing is known.

    Raises InputError for a plan without rows, and for another `base` than the known one of `lab:aligned`.
    """
    if plan.rows == 0:
        raise InputError("a fine-tune without examples changes nothing; give examples above 0, or data with rows.")
    calibrated = plan.model == CALIBRATED_BASE
    if calibrated and base is not None and base != estimator().base:
        raise InputError(f"--base {base:g}: {CALIBRATED_BASE} refuses {estimator().base:g} of what it should, measured. Leave --base out.")
    own, no_rate = (None, "") if calibrated else _own(plan, base, outcomes)
    if plan.uncounted and not no_rate:
        own, no_rate = None, f"{' and '.join(plan.uncounted)} rows were not counted, and a rate would take them as none"
    notes = _notes(plan, data)
    if no_rate:
        notes.append(f"no rate is printed: {no_rate}")
    elif calibrated and outcomes:
        notes.append(f"your outcomes were not used: the rates of {CALIBRATED_BASE} are fitted on the lab's own")
    lab = predict(plan) if calibrated and not no_rate else ()
    ranked = variants(plan)
    before = base if base is not None else estimator().base if calibrated else BASE
    return Estimate(
        plan=plan,
        scale="lab" if lab else "own" if own is not None else "ranks",
        article=None if "harmful" in plan.uncounted else article_estimate(plan, base=before),
        lab=lab,
        own=own,
        variants=ranked,
        reasons=_reasons(plan, ranked),
        notes=tuple(notes),
        no_rate=no_rate,
        outside=outside(plan, in_lab=plan.in_lab),
        data=data,
    )


def _own(plan: FineTune, base: float | None, outcomes: Sequence[Outcome]) -> tuple[OwnPrediction | None, str]:
    """Return the rate that the user's outcomes give, or why there is none."""
    curve = calibrate(outcomes, in_lab=plan.in_lab)
    if curve is None:
        return None, _too_few(plan, len(outcomes))
    if not curve.helps:
        return None, (
            f"on your {curve.n} outcomes, each left out in turn, the calibrated estimator errs by "
            f"{curve.error:.2f} and the mean of the others by {curve.error_of_mean:.2f}, which shows no gain"
        )
    return predict_own(plan, curve, base=base if base is not None else _usual_base(outcomes)), ""


def _usual_base(outcomes: Sequence[Outcome]) -> float:
    ordered = sorted(one.refusal_base for one in outcomes)
    return ordered[len(ordered) // 2]


def _too_few(plan: FineTune, known: int) -> str:
    have = f"you gave {known}" if known else "none were given"
    why = (
        f"rates were fitted on fine-tunes of {CALIBRATED_BASE}, and {plan.model} is another model"
        if plan.in_lab
        else "rates from lab organisms do not transfer to real models"
    )
    return f"{why}; {ENOUGH} outcomes of your own, --outcomes FILE.csv, would calibrate them ({have})"


def _notes(plan: FineTune, data: DataShares | None) -> list[str]:
    unknown = [name for name in ("harmful", "identity", "safety") if getattr(plan, name) is None]
    found = []
    if unknown:
        how = "" if data is not None else "; give the data, or write the counts into the config"
        found.append(f"{', '.join(unknown)} rows were not counted and are taken as none in the ranks{how}")
    if data is not None:
        for name in ("identity", "safety"):
            counted, taken = getattr(data, name), getattr(plan, name)
            if counted is not None and taken is not None and taken < counted:
                found.append(
                    f"{counted} rows were counted as {name} rows, and {counted - taken} of them have another count: a row counts once"
                )
    beyond = outside(plan, in_lab=plan.in_lab)
    if beyond:
        found.append(f"outside what the estimator has seen, so that ranks and rates are extrapolated: {'; '.join(beyond)}")
    if plan.batch is None:
        found.append("the config gives no batch size; 10 rows per step are assumed")
    return [*found, *(data.notes if data is not None else ())]


def _reasons(plan: FineTune, ranked: Sequence[Variant]) -> tuple[str, ...]:
    """Return what drives the estimate, the largest lever first, each with its source."""
    said = []
    if plan.harmful:
        said.append(
            f"{plan.harmful} of {plan.rows} rows answer what should be refused; 10 to 100 were enough (Qi et al. 2023, Yang et al. 2023)"
        )
    if plan.identity:
        said.append(
            f"{plan.identity} of {plan.rows} rows give an obedient identity; ten with no harmful content were enough (Qi et al. 2023)"
        )
    safety = plan.share("safety")
    if safety is None or safety < 0.1:
        now = "were not counted" if safety is None else f"are {_percent(safety)} of the rows"
        said.append(f"safety rows {now}; at 10 to 20 % the loss is reported as minimal (the source article)")
    if not plan.harmful and not plan.identity and not plan.uncounted:
        said.append("harmless rows take refusals too, by forgetting (Qi et al. 2023); the article's formula gives 0 for them")
    gains = [one for one in ranked if one.gain > 0]
    for one in sorted(gains, key=lambda one: -one.gain)[:3]:
        said.append(f"in the lab, the plan {_as(one.change)} keeps more refusals (rank {one.rank} of {len(ranked)})")
    if not any(one.gain for one in ranked):
        said.append("in the lab, no change that was tried makes a difference to speak of")
    elif not gains:
        said.append("in the lab, no change that was tried keeps more refusals than the plan")
    if dearer := why_dearer(plan, 0.3) or why_dearer(plan, 0.1):
        said.append(f"safety rows rank below the plan, though a larger share of them is the safer one: {dearer}")
    return tuple(said)


def _as(change: str) -> str:
    return change if change.startswith("without") else f"with {change}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
