"""Canaries: invented secrets planted in training data, to measure later how much a model remembers.

Method: Carlini et al. 2019, "The Secret Sharer". A canary is a request and a secret of a known format, drawn at random; the model's
preference for that secret over others of the same format that were never planted is its exposure, in bits.
"""

from holdfast.canaries.drawing import DEFAULT_FORMATS, PlantSpec, draw_canaries, format_uses
from holdfast.canaries.exposure import (
    NullTest,
    RankExposure,
    fits_null,
    null_threshold,
    rank_exposure,
)
from holdfast.canaries.extrapolation import Extrapolation, extrapolate, skew_normal_log2_cdf
from holdfast.canaries.formats import FORMATS, PAIR_FORMATS, CanaryFormat, Pattern, format_of
from holdfast.canaries.manifest import Canary, CanaryManifest, FormatUse, manifest_digest, public_record, read_manifest, write_manifest
from holdfast.canaries.measuring import CanaryExposure, exposure_of, measure_exposure, secret_losses, summarise_exposure
from holdfast.canaries.planting import Planted, plant
from holdfast.canaries.presence import Presence, check_presence

__all__ = [
    "DEFAULT_FORMATS",
    "FORMATS",
    "PAIR_FORMATS",
    "Canary",
    "CanaryExposure",
    "CanaryFormat",
    "CanaryManifest",
    "Extrapolation",
    "FormatUse",
    "NullTest",
    "Pattern",
    "PlantSpec",
    "Planted",
    "Presence",
    "RankExposure",
    "check_presence",
    "draw_canaries",
    "exposure_of",
    "extrapolate",
    "fits_null",
    "format_of",
    "format_uses",
    "manifest_digest",
    "measure_exposure",
    "null_threshold",
    "plant",
    "public_record",
    "rank_exposure",
    "read_manifest",
    "secret_losses",
    "skew_normal_log2_cdf",
    "summarise_exposure",
    "write_manifest",
]
