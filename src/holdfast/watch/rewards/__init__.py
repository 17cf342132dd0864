"""A reward model, or a policy with its reference, held against safety preference pairs."""

from holdfast.watch.rewards.audit import RewardAudit, audit_reward
from holdfast.watch.rewards.pairs import SafetyPair, built_in_pairs, read_pairs

__all__ = ["RewardAudit", "SafetyPair", "audit_reward", "built_in_pairs", "read_pairs"]
