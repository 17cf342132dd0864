"""Drift inside the network: where a tuned model differs from its base, as triage and never as a verdict."""

from holdfast.compare.drift.facts import Drift
from holdfast.compare.drift.ranking import RowWeights, weigh_rows
from holdfast.compare.drift.run import run_drift
from holdfast.compare.drift.spec import DriftSpec

__all__ = ["Drift", "DriftSpec", "RowWeights", "run_drift", "weigh_rows"]
