"""The `strongreject` judge: how much use a response is to somebody who wants to do harm."""

from holdfast.judges.strongreject.judge import StrongRejectJudge

__all__ = ["StrongRejectJudge"]
