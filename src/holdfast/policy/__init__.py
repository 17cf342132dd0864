"""Measurements and a policy file give a verdict; the only place that holds a threshold."""

from holdfast.policy.files import load_policy, policy_names
from holdfast.policy.gates import DecideOn, Gate, Policy
from holdfast.policy.judging import judge
from holdfast.policy.waiving import Waiving, waive
from holdfast.policy.wording import say_number

__all__ = ["DecideOn", "Gate", "Policy", "Waiving", "judge", "load_policy", "policy_names", "say_number", "waive"]
