"""From the looks at a training to what is said about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holdfast.canaries import CanaryExposure, CanaryManifest, NullTest, fits_null, manifest_digest, summarise_exposure
from holdfast.core import Phase
from holdfast.corpus.monitor_facts import CanaryMonitoring, GroupLook, LookRow, MonitoredLook, MonitorSpec, Outcome
from holdfast.corpus.monitor_null import CanaryScores, Look, sequential_looks

__all__ = ["tell"]

_RESAMPLES = 2000
_TOLD_APART = 0.2
_POOR = 0.001
"""A p value below which controls, over all looks together, are not what chance gives."""


def tell(
    spec: MonitorSpec,
    manifest: CanaryManifest,
    rows: Sequence[LookRow],
    *,
    scores: Sequence[Sequence[CanaryScores]],
    exposures: Sequence[Sequence[CanaryExposure]],
    notes: Sequence[str],
    command: str,
    version: str,
) -> CanaryMonitoring:
    """Return what the looks say. `scores` and `exposures` belong to `rows`, look by look; the exposures hold controls too."""
    looks = sequential_looks(scores, spec.rule, seed=spec.seed)
    told = []
    for row, score, look, exposed in zip(rows, scores, looks, exposures, strict=True):
        controls = [one.exposure for one in exposed if not one.repetitions and one.exposure is not None]
        told.append(_told(row, score, look, fits_null(controls)))
    outcome, why = _outcome(told)
    last = exposures[-1] if exposures else ()
    return CanaryMonitoring(
        title=", ".join(spec.checkpoints),
        outcome=outcome,
        why=why,
        alarm_step=next((look.step for look in told if look.alarm), None),
        canaries=len(manifest.canaries),
        controls=len(manifest.controls),
        manifest_sha256=manifest_digest(manifest),
        rule=spec.rule,
        looks=tuple(told),
        measurements=tuple(summarise_exposure(last, side="tuned", seed=spec.seed, phase=Phase.DURING)),
        notes=tuple(notes),
        command=command,
        version=version,
        seed=spec.seed,
    )


def _outcome(looks: Sequence[MonitoredLook]) -> tuple[Outcome, str]:
    first = next((look for look in looks if look.alarm), None)
    if first is not None:
        line = f", alarm line {first.mean_line:.2f}" if first.mean_line is not None else ""
        return "alarm", (f"At step {first.step} the canaries with {first.who} are remembered: mean exposure {first.mean:.2f} bits{line}.")
    if not looks:
        return "undecided", "No checkpoint could be looked at."
    alike = [look for look in looks if look.told_apart < _TOLD_APART]
    if alike:
        return "undecided", (
            f"At step {alike[0].step} the model cannot tell most secrets apart: its tokenizer reads many as the same tokens. "
            "Plant a format that it has words for, such as 'words' or 'digits'."
        )
    if not any(look.reachable for look in looks):
        return "undecided", (
            "No exposure could have raised the alarm: there are too few canaries or references. "
            "Plant more canaries per number of copies, or give --alert BITS."
        )
    poor = [look for look in looks if look.controls.p is not None and look.controls.p < _POOR / len(looks)]
    if poor:
        return "undecided", (
            f"At step {poor[0].step} the controls, which were never planted, are not ranked as chance would rank them "
            f"(p = {poor[0].controls.p:.2g}): the manifest may belong to other data."
        )
    return "quiet", f"No canary stands out at any of {len(looks)} checkpoints, up to step {max(look.step for look in looks)}."


def _told(row: LookRow, scores: Sequence[CanaryScores], look: Look, controls: NullTest) -> MonitoredLook:
    groups = []
    for copies, bits in look.bits.items():
        own = np.array([one.bits[one.own] for one in scores if one.group == copies])
        drawn = own[np.random.default_rng(0).integers(0, own.size, (_RESAMPLES, own.size))].mean(axis=1)
        low, high = (float(limit) for limit in np.quantile(drawn, (0.025, 0.975)))
        groups.append(
            GroupLook(copies=copies, n=own.size, bits=bits, low=min(low, bits), high=max(high, bits), line=look.line[copies]),
        )
    return MonitoredLook(
        step=row.step,
        reference=row.reference,
        fingerprint=row.fingerprint,
        groups=tuple(groups),
        alarm=look.alarm,
        stands_out=look.group,
        upwards=look.upwards,
        mean=look.mean,
        mean_line=look.mean_line,
        reachable=look.reachable,
        false_alarms=look.false_alarms,
        controls=controls,
        told_apart=float(np.mean([np.unique(one.bits).size / one.bits.size for one in scores])),
    )
