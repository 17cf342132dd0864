"""Repairs: in the data, while training, in the weights, while decoding."""

from holdfast.mitigate.choosing import Added
from holdfast.mitigate.distilling.run import distill
from holdfast.mitigate.distilling.spec import Distilled, DistillSpec
from holdfast.mitigate.mixing import Mixed, mix
from holdfast.mitigate.safety_rows import SafetyRow, SafetySet
from holdfast.mitigate.shares import PUBLISHED, parse_share
from holdfast.mitigate.sources import built_in, read_look_alikes, read_safety

__all__ = [
    "PUBLISHED",
    "Added",
    "DistillSpec",
    "Distilled",
    "Mixed",
    "SafetyRow",
    "SafetySet",
    "built_in",
    "distill",
    "mix",
    "parse_share",
    "read_look_alikes",
    "read_safety",
]
