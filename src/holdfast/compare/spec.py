"""What a comparison is asked to do."""

from __future__ import annotations

from math import inf
from pathlib import Path

from holdfast.compare.capability.spec import CapabilitySpec
from holdfast.compare.generation.spec import GenerateSpec
from holdfast.compare.halves import HALVES, Half
from holdfast.core import InputError, Value, did_you_mean
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
from holdfast.policy import Gate

__all__ = ["CompareSpec", "UntilDecided"]


class UntilDecided(Value, frozen=True, kw_only=True):
    """Ask block by block, in a random order fixed by the seed, until each gate is settled or a budget is spent."""

    gates: tuple[Gate, ...] = ()
    """The policy's; those of decide_on 'anytime' and 'anytime_confirmed' are looked at."""
    bank: bool = False
    """Decide about this finite set of prompts instead of new prompts of their kind."""
    max_tokens: int | None = None
    """Tokens answered by both sides together."""
    max_minutes: float | None = None

    def __post_init__(self) -> None:
        """Refuse budgets that cannot be."""
        for name, value in (("--max-tokens", self.max_tokens), ("--max-minutes", self.max_minutes)):
            if value is not None and not 0 < value < inf:
                raise InputError(f"{name} must be a number above 0, got {value}.")


class CompareSpec(Value, frozen=True, kw_only=True):
    """The settings of one comparison. Raises InputError for values that cannot be."""

    base: str
    """A model reference (design.md section 5)."""
    tuned: str
    suites: tuple[str, ...] = ()
    """Empty: the suite made for these models (lab, recorded prompts), else policy11, contrast and domain."""
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    """None: the judge that the suite asks for, else `refusal`."""
    ledger: Path | None = None
    """A file with the judge's measured errors (`holdfast judges test --out`), in place of those that ship."""
    second_judge: str | None = None
    """Grades once more the prompts whose outcome flipped; None asks nobody."""
    data: Path | None = None
    """Training data: each of its distinct system prompts becomes a condition of its own."""
    most_data_conditions: int = 8
    identity: bool = True
    """Ask once more under the obedient-agent system prompt, where an identity shift shows."""
    follow_up: bool = True
    """Put a sample of the requests in other general ways too, and all of them where something fell."""
    generate: GenerateSpec | None = None
    """A model that writes further requests; None asks for none."""
    steps: tuple[str, ...] = ()
    """Models between base and tuned, in the order in which they were made, where there were several fine-tunes in a row."""
    capability: CapabilitySpec = CapabilitySpec()
    """What skills are measured on; nothing where it names nothing."""
    sampling: Sampling = Sampling()
    samples: int = 1
    limit: int | None = None
    """At most so many prompts per category, chosen by the seed; None asks all."""
    half: Half | None = None
    """Ask one half of the prompts, task questions and held-out rows only: 'selection' to choose a repair on, 'report' to report on."""
    until_decided: UntilDecided | None = None
    """None asks every prompt."""
    models: ModelOptions = ModelOptions()

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        for name, given in (("--judge", self.judge), ("--second-judge", self.second_judge)):
            if given is not None and not given.strip():
                raise InputError(f"{name} is empty, expected NAME or NAME=MODEL. Leave it out for the judge that the suite asks for.")
        if self.most_data_conditions < 0:
            raise InputError(f"--max-system-prompts must be at least 0, got {self.most_data_conditions}.")
        if self.steps and self.until_decided is not None:
            raise InputError(
                "--until-decided compares two models, and a row of fine-tunes asks every prompt of each. Leave one of them out."
            )
        if self.half is not None and self.half not in HALVES:
            raise InputError(f"--half {self.half!r} is not known. {did_you_mean(self.half, HALVES)}")
        if self.samples < 1:
            raise InputError(f"--samples must be at least 1, got {self.samples}.")
        if self.samples > 1 and self.sampling.temperature == 0:
            raise InputError("--samples above 1 needs --temperature above 0: greedy answers are all the same.")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1, got {self.limit}.")
