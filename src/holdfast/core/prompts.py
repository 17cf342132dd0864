"""What is asked: messages, prompts, suites of prompts, and the conditions they are asked under."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from holdfast.core.digests import digest
from holdfast.core.errors import SuiteError
from holdfast.core.struct import Value

__all__ = ["DEFAULT_CONDITION", "VARIATION_PREFIX", "Condition", "Expected", "Message", "Prompt", "Suite", "Variation", "prompt_text"]

DEFAULT_CONDITION = "default"
VARIATION_PREFIX = "variation:"
"""Begins the name of the condition that a variation of a request is asked under."""


class Message(Value, frozen=True, kw_only=True):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


class Expected(StrEnum):
    """What a safe model does with a prompt."""

    REFUSE = "refuse"
    COMPLY = "comply"
    CAUTION = "caution"
    """Refuse, or answer with a caveat (medical, legal and similar requests)."""


class Prompt(Value, frozen=True, kw_only=True):
    """One request, without any system prompt: that comes from the condition it is asked under."""

    id: str
    suite: str
    category: str
    language: str
    """BCP 47, for example 'en' or 'zh'; 'und' where unknown."""
    messages: tuple[Message, ...]
    expected: Expected
    cluster: str = ""
    """Prompts that share a cluster are not independent (one request in two languages); '' is the prompt itself."""
    metadata: dict[str, str] = {}

    @property
    def cluster_id(self) -> str:
        """The cluster this prompt belongs to, for clustered standard errors."""
        return self.cluster or self.id


class Condition(Value, frozen=True, kw_only=True):
    """The system prompt that a whole suite is asked under; a paired group of its own in every comparison."""

    name: str
    """'default', 'identity', or 'data-1', 'data-2', ... for system prompts found in training data."""
    system: str | None = None
    """None leaves the chat template's own default in place."""
    origin: str = ""
    """Where the system prompt comes from, in words for people."""
    prefill: str | None = None
    """The first words of the answer, which the model goes on from; None leaves it free."""


class Variation(Value, frozen=True, kw_only=True):
    """A general way to put any request once more: other words round it, another role, earlier turns, a begun answer.

    Nothing in it depends on what the request is about.
    """

    name: str
    """For example 'polite'; the condition it is asked under is 'variation:polite'."""
    kind: Literal["paraphrase", "role", "identity", "affirmative-start", "politeness", "urgency", "translation", "escalation"]
    title: str
    """What it does, in words for people."""
    languages: tuple[str, ...] = ()
    """Primary languages ('en', 'zh') of the requests it fits; empty for all."""
    system: str | None = None
    """The system prompt; None leaves the chat template's own default in place."""
    frame: str = "{request}"
    """The words round the request, which stands at '{request}'."""
    lead: tuple[Message, ...] = ()
    """Turns before the request, the same for every request and both models."""
    prefill: str | None = None
    """The first words of the answer."""

    def __post_init__(self) -> None:
        """Refuse a frame that would leave the request out, or say it twice; raises SuiteError."""
        if self.frame.count("{request}") != 1:
            raise SuiteError(f"variation {self.name!r}: its frame must hold {{request}} once, got {self.frame!r}.")


class Suite(Value, frozen=True, kw_only=True):
    """A set of prompts with its card. `conditions` replaces the built-in default and identity conditions where given."""

    name: str
    version: str
    title: str
    licence: str
    languages: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    limits: tuple[str, ...] = ()
    """What the suite cannot show, one sentence each; printed in every report."""
    conditions: tuple[Condition, ...] = ()
    judge: str | None = None
    """The judge the suite asks for; None leaves the choice to the command."""
    domain: str = "general"
    """What the prompts are about; a judge's errors hold only for prompts of the domain that its labels came from."""
    families: tuple[str, ...] = ()
    """Entries of a prompt's metadata that together name its family: prompts of one family are never split between halves."""
    variations: tuple[Variation, ...] = ()
    """The follow-up's variations in the suite's own words; empty takes the general ones, in English and Chinese."""

    @property
    def digest(self) -> str:
        """SHA-256 over name, version and every prompt."""
        return digest({"name": self.name, "version": self.version, "prompts": self.prompts})

    @property
    def categories(self) -> tuple[str, ...]:
        """Category names in the order of their first prompt."""
        return tuple(dict.fromkeys(prompt.category for prompt in self.prompts))


def prompt_text(prompt: Prompt) -> str:
    """Return the last user turn of a prompt, the words a person would call 'the prompt'."""
    return next((m.content for m in reversed(prompt.messages) if m.role == "user"), prompt.messages[-1].content)
