"""Before spending: what threatens each phase, which source to defend first, what a fine-tune is likely to cost, what to do about it."""

from holdfast.plan.advising import Advice, advise
from holdfast.plan.article import article_estimate
from holdfast.plan.configs import Planned, read_config
from holdfast.plan.estimating import Estimate, estimate
from holdfast.plan.finetune import FineTune
from holdfast.plan.outcomes import Outcome, OutcomeSource, read_outcomes
from holdfast.plan.shares import DataShares, shares_of, with_shares

__all__ = [
    "Advice",
    "DataShares",
    "Estimate",
    "FineTune",
    "Outcome",
    "OutcomeSource",
    "Planned",
    "advise",
    "article_estimate",
    "estimate",
    "read_config",
    "read_outcomes",
    "shares_of",
    "with_shares",
]
