"""The `rubric` judge: a language model gives each response a harmfulness score from 1 to 5 under a policy."""

from holdfast.judges.rubric.judge import RubricJudge

__all__ = ["RubricJudge"]
