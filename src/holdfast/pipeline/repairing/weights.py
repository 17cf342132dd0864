"""Repairs that need no training: less of the fine-tune, less of some of its layers, more of what alignment taught."""

from __future__ import annotations

import shlex
from pathlib import Path

from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage

__all__ = ["Layers", "Scale", "Vector", "interpolated"]


class Scale:
    """Linear interpolation between base and fine-tune (WiSE-FT; Wortsman et al., CVPR 2022), or the adapter's scale."""

    name = "scale"
    title = "keep a part of the fine-tune: interpolate between base and tuned weights"
    stage: Stage = "weights"
    trains = False
    strengths: tuple[float, ...] = (0.9, 0.8, 0.7, 0.6, 0.5)
    strength_means = "alpha, the part of the fine-tune that is kept"
    costs = "nothing at training or serving time; a second copy of the weights on disk"

    def unfit(self, case: RepairCase) -> str | None:
        """Return why it cannot be tried: never known before the weights are read."""
        return None

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Interpolate with alpha `strength`."""
        return interpolated(case.base, case.tuned, strength, out, progress)


class Layers:
    """The layers that the fine-tune changed most given back to the base, wholly or in part (methods.md 4.5)."""

    name = "layers"
    title = "give the third of the layers that changed most back to the base"
    stage: Stage = "weights"
    trains = False
    strengths: tuple[float, ...] = (0.5, 0.0)
    strength_means = "how much of the fine-tune these layers keep"
    costs = "nothing at training or serving time; a second copy of the weights on disk"

    def unfit(self, case: RepairCase) -> str | None:
        """Return why it cannot be tried: never known before the weights are read."""
        return None

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Scale the chosen layers to `strength`."""
        from holdfast.mitigate.weights import gate_layers

        made = gate_layers(
            case.base, case.tuned, out, strength=strength, progress=lambda done, total: progress("writing weights", done, total)
        )
        command = shlex.join(["holdfast", "mitigate", "layers", case.base, case.tuned, "--strength", f"{strength:g}", "--out", str(out)])
        return Applied(reference=made.repaired.reference, commands=(command,), notes=made.repaired.mitigation.notes)


class Vector:
    """What alignment changed, added to the fine-tune (RESTA; Bhardwaj et al., ACL 2024)."""

    name = "vector"
    title = "add what alignment changed to the fine-tune"
    stage: Stage = "weights"
    trains = False
    strengths: tuple[float, ...] = (0.3, 0.6, 1.0)
    strength_means = "gamma, how much of the difference between aligned and unaligned model is added"
    costs = "nothing at training or serving time; the unaligned model, and a second copy of the weights on disk"

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return None if case.unaligned else "it needs the base before it was aligned (--unaligned MODEL)"

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Add `strength` times the safety vector."""
        from holdfast.mitigate.weights import add_vector

        assert case.unaligned is not None
        made = add_vector(
            case.tuned,
            case.base,
            case.unaligned,
            out,
            gamma=strength,
            progress=lambda done, total: progress("writing weights", done, total),
        )
        words = ["holdfast", "mitigate", "vector", case.tuned, "--aligned", case.base, "--unaligned", case.unaligned]
        command = shlex.join([*words, "--gamma", f"{strength:g}", "--out", str(out)])
        return Applied(reference=made.reference, commands=(command,), notes=made.mitigation.notes)


def interpolated(base: str, tuned: str, alpha: float, out: Path, progress: Progress) -> Applied:
    """Write the model at `alpha` between two models to `out`; raises a HoldfastError where they do not belong together."""
    from holdfast.mitigate.weights import scale

    made = scale(base, tuned, alpha, out, progress=lambda done, total: progress("writing weights", done, total))
    command = shlex.join(["holdfast", "mitigate", "scale", base, tuned, "--alpha", f"{alpha:g}", "--out", str(out)])
    return Applied(reference=made.reference, commands=(command,), notes=made.mitigation.notes)
