"""Is a request harmful? Rules for what is plain, a small linear model trained on our own text for the rest."""

from holdfast.detectors.harm.request_risk import RequestRisk, RequestRisks, Tier

__all__ = ["RequestRisk", "RequestRisks", "Tier"]
