"""Judges: ways to grade a response, and how often each errs."""

from holdfast.judges.attacks import ATTACKS, Attack, AttackResult, attack_judge
from holdfast.judges.guard import GuardJudge
from holdfast.judges.labels import Label, LabelSet, read_labels
from holdfast.judges.ledger import measure_judge, measure_on
from holdfast.judges.qi2023 import Qi2023Judge
from holdfast.judges.refusal import RefusalJudge
from holdfast.judges.shipped import shipped_ledger

__all__ = [
    "ATTACKS",
    "Attack",
    "AttackResult",
    "GuardJudge",
    "Label",
    "LabelSet",
    "Qi2023Judge",
    "RefusalJudge",
    "attack_judge",
    "measure_judge",
    "measure_on",
    "read_labels",
    "shipped_ledger",
]
