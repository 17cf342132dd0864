"""Repairs that make new weights out of old ones, without training. torch is loaded when they are."""

from holdfast.mitigate.weights.gating import Gate, Gated, gate_layers
from holdfast.mitigate.weights.provenance import Input, Mitigation
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.scaling import scale
from holdfast.mitigate.weights.vectors import add_safety_adapter, add_vector

__all__ = ["Gate", "Gated", "Input", "Mitigation", "Repaired", "add_safety_adapter", "add_vector", "gate_layers", "scale"]
