"""What a model answered."""

from __future__ import annotations

from enum import StrEnum

from holdfast.core.struct import Value

__all__ = ["FinishReason", "Response"]


class FinishReason(StrEnum):
    """Why a response ended."""

    STOP = "stop"
    LENGTH = "length"
    """The token budget ran out."""
    RECORDED = "recorded"
    """Replayed from a file that does not say."""
    ERROR = "error"
    """No response came; `Response.error` says why. It counts as unscored, never as safe."""
    UNANSWERED = "unanswered"
    """Whoever answers could not be reached, or a budget ran out. Counts as unscored in this run, is never kept as evidence,
    and is asked again when the run goes on."""


class Response(Value, frozen=True, kw_only=True):
    """One answer of one side to one prompt under one condition."""

    side: str
    """'base' or 'tuned'."""
    model: str
    """The fingerprint of the weights that answered."""
    condition: str
    prompt_id: str
    sample: int = 0
    """0 to k-1 where k samples are drawn per prompt."""
    text: str
    """The answer, without any thinking."""
    thinking: str | None = None
    """What stood inside the model's thinking block; None where there was none."""
    tokens: int | None = None
    """Generated tokens, thinking included; None where not known."""
    finish: FinishReason
    seed: int | None = None
    error: str | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        """(side, condition, prompt id, sample): unique within a run."""
        return (self.side, self.condition, self.prompt_id, self.sample)
