"""Measurements and a policy file give a verdict; the only place that holds a threshold."""

from holdfast.policy.files import load_policy, policy_names
from holdfast.policy.gates import DecideOn, Gate, Policy
from holdfast.policy.holding import hold_to_measurements
from holdfast.policy.judging import FINISHED, judge
from holdfast.policy.waiving import Waiving, waive
from holdfast.policy.wording import say_number

__all__ = [
    "FINISHED",
    "DecideOn",
    "Gate",
    "Policy",
    "Waiving",
    "hold_to_measurements",
    "judge",
    "load_policy",
    "policy_names",
    "say_number",
    "waive",
]
