"""Repairs that make new weights out of old ones, without training. torch is loaded when they are."""

from holdfast.mitigate.weights.provenance import Input, Mitigation
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.scaling import scale

__all__ = ["Input", "Mitigation", "Repaired", "scale"]
