"""The `guard` judge: safety classifiers, one family per file."""

from holdfast.judges.guard.judge import FAMILIES, GuardJudge

__all__ = ["FAMILIES", "GuardJudge"]
