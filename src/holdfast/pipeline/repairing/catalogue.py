"""Every repair that `holdfast mitigate auto` tries, in the order in which it tries them."""

from __future__ import annotations

from holdfast.core import InputError, did_you_mean
from holdfast.mitigate.repair import Repair
from holdfast.pipeline.repairing.combined import MixThenRealign, MixThenScale
from holdfast.pipeline.repairing.data import Mix
from holdfast.pipeline.repairing.decoding import FirstTokens
from holdfast.pipeline.repairing.distilled import Distiller, MixDistilled, write_distilled
from holdfast.pipeline.repairing.dropped import DropRows
from holdfast.pipeline.repairing.further import Realign, RealignOnMix
from holdfast.pipeline.repairing.losses import Averaged, Constrained, ConstrainedMix, HeadFirst, Replay
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train
from holdfast.pipeline.repairing.weights import Layers, Scale, Vector

__all__ = ["repairs"]


def repairs(*, only: tuple[str, ...] = (), trainer: Trainer = holdfast_train, distiller: Distiller = write_distilled) -> list[Repair]:
    """Return the repairs that need no training, then those that do, the ones that helped most in the study of the lab first.

    `only` names those wanted, which keep this order; raises InputError for an unknown name.
    """
    found: list[Repair] = [
        Scale(),
        Layers(),
        Vector(),
        FirstTokens(),
        Mix(trainer),
        MixThenScale(trainer),
        MixThenRealign(trainer),
        DropRows(trainer),
        RealignOnMix(trainer),
        Realign(trainer),
        ConstrainedMix(trainer),
        MixDistilled(trainer, distiller),
        Constrained(trainer),
        Replay(trainer),
        Averaged(trainer),
        HeadFirst(trainer),
    ]
    names = [repair.name for repair in found]
    unknown = next((name for name in only if name not in names), None)
    if unknown is not None:
        raise InputError(f"repair {unknown!r} is not known. {did_you_mean(unknown, names)}")
    return [repair for repair in found if not only or repair.name in only]
