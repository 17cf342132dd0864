"""What is settled before the first answer: models, prompts, conditions, judge, and the questions in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from holdfast.compare.asking import Question, Side, limited, questions
from holdfast.compare.comparability import recorded_suites
from holdfast.compare.conditions import conditions_of, data_conditions
from holdfast.compare.further import Further, read_further
from holdfast.compare.graders import open_grader
from holdfast.compare.halves import prompts_of_half
from holdfast.compare.spec import CompareSpec
from holdfast.core import Condition, Prompt, Suite, SuiteError
from holdfast.plugins import Engine, Judge, open_models, open_suites

__all__ = ["Named", "Plan", "open_named", "open_sides", "prepare"]

_DEFAULT_SUITES = ("policy11", "contrast", "domain")
_DEFAULT_JUDGE = "refusal"
_BIAS = "no suite for it was given (--suite FILE --expect comply asks one)"


class Plan(NamedTuple):
    """Everything that is settled before the first answer."""

    sides: tuple[Side, Side]
    suites: tuple[tuple[Suite, tuple[Prompt, ...], tuple[Condition, ...]], ...]
    judge: Judge
    asked: tuple[Question, ...]
    not_assessed: dict[str, str]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition once, in the order asked."""
        return tuple(dict.fromkeys(condition for _, _, conditions in self.suites for condition in conditions))

    @property
    def asked_suites(self) -> list[tuple[tuple[Prompt, ...], tuple[Condition, ...]]]:
        """Prompts and conditions of each suite."""
        return [(prompts, conditions) for _, prompts, conditions in self.suites]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Every prompt, in the order asked."""
        return tuple(prompt for _, prompts, _ in self.suites for prompt in prompts)


def open_sides(spec: CompareSpec, engines: Sequence[Engine] | None, closing: ExitStack) -> list[Engine]:
    """Return the models of both sides: those given, or those that the references name, closed at the end."""
    if engines is not None:
        return list(engines)
    opened = open_models([spec.base, spec.tuned], spec.models)
    for engine in opened:
        closing.callback(engine.close)
    return opened


class Named(NamedTuple):
    """What the user named besides the models; opened first, since a typing error should not cost the loading of a model."""

    suites: list[Suite]
    judge: Judge | None
    second: Judge | None
    extra: tuple[Condition, ...]
    left_out: str | None
    further: Further


def open_named(spec: CompareSpec, closing: ExitStack) -> Named:
    """Open suites, judges and files that the user named."""
    extra, left_out = data_conditions(spec.data, spec.most_data_conditions) if spec.data is not None else ((), None)
    suites = open_suites(spec.suites, spec.suite_options) if spec.suites else []
    judge = open_grader(spec.judge, spec.ledger, closing) if spec.judge else None
    second = open_grader(spec.second_judge, None, closing) if spec.second_judge else None
    return Named(suites, judge, second, tuple(extra), left_out, read_further(spec))


def prepare(
    spec: CompareSpec, named: Named, opened: Sequence[Engine], closing: ExitStack, write_more: Callable[[list[Suite]], list[Suite]]
) -> Plan:
    """Settle what is asked of whom; `write_more` may add suites that a model writes. Raises SuiteError for a suite without prompts."""
    sides = (Side("base", opened[0]), Side("tuned", opened[1]))
    suites = []
    named_suites = _suites(spec, named, sides)
    for suite in (*named_suites, *write_more(named_suites)):
        prompts = prompts_of_half(suite, limited(suite, spec.limit, spec.sampling.seed), spec.half, spec.sampling.seed)
        if not prompts:
            raise SuiteError(f"suite {suite.name!r} holds no prompt. Give a suite with at least one.")
        suites.append((suite, prompts, conditions_of(suite, identity=spec.identity, extra=named.extra)))
    wanted = next((suite.judge for suite, _, _ in suites if suite.judge), None) or _DEFAULT_JUDGE
    judge = named.judge or open_grader(wanted, spec.ledger, closing)
    not_assessed = {"bias": _BIAS}
    if named.left_out is not None:
        not_assessed["system prompts of the data"] = named.left_out
    asked = questions([(prompts, conditions) for _, prompts, conditions in suites], spec.samples)
    return Plan(sides, tuple(suites), judge, tuple(asked), not_assessed)


def _suites(spec: CompareSpec, named: Named, sides: Sequence[Side]) -> list[Suite]:
    recorded = recorded_suites(sides)
    if recorded is not None:
        if spec.suites:
            raise SuiteError(f"--suite {spec.suites[0]}: recorded answers bring their own prompts. Leave --suite out.")
        return [recorded]
    if named.suites:
        return named.suites
    own = [name for name in sides[0].engine.suites if name in sides[1].engine.suites]
    return open_suites(own or _DEFAULT_SUITES, spec.suite_options)
