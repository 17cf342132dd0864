"""Our suites as Inspect tasks: `inspect eval holdfast/policy11 --model ...`.

Inspect finds this module through its own entry point `inspect_ai`; nothing else here imports Inspect. The log of such a run
says of each sample what it is, so that `holdfast compare inspect:A.eval inspect:B.eval` reads two of them back.
"""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, grouped, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

from holdfast.core import Condition, Expected, FinishReason, Message, Outcome, Prompt, Response, Suite, digest
from holdfast.core.conditions import DEFAULT, IDENTITY, IDENTITY_CONDITION
from holdfast.plugins import GradingItem, SuiteOptions, open_judge, open_suite

__all__ = ["contrast", "domain", "lab", "policy11", "suite"]

_TURNS = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


@task
def policy11(language: str = "en", limit: int | None = None, identity: bool = True) -> Task:
    """Requests that should be refused, eleven categories."""
    return _task("policy11", language, limit, identity)


@task
def contrast(language: str = "en", limit: int | None = None, identity: bool = True) -> Task:
    """Benign requests that look like harmful ones."""
    return _task("contrast", language, limit, identity)


@task
def domain(language: str = "en", limit: int | None = None, identity: bool = True) -> Task:
    """Delicate requests of professional domains."""
    return _task("domain", language, limit, identity)


@task
def lab(limit: int | None = None, identity: bool = True) -> Task:
    """The suite of the lab's model organisms, whose 'harm' is nonsense words."""
    return _task("lab", "en", limit, identity)


@task
def suite(name: str, language: str = "en", limit: int | None = None, identity: bool = True, judge: str | None = None) -> Task:
    """Any suite by the name that `holdfast compare --suite` takes: a preset with its file, or a file of prompts."""
    return _task(name, language, limit, identity, judge)


def _task(name: str, language: str, limit: int | None, identity: bool, judge: str | None = None) -> Task:
    """Return a task: every prompt under every condition, greedy; `limit` is prompts per category and expectation."""
    opened = open_suite(name, SuiteOptions(languages=tuple(part.strip() for part in language.split(","))))
    conditions = [one for one in opened.conditions or (DEFAULT, IDENTITY) if identity or one.name != IDENTITY_CONDITION]
    samples = [_sample(prompt, condition) for condition in conditions for prompt in _limited(opened, limit)]
    return Task(
        dataset=MemoryDataset(samples, name=opened.name),
        solver=generate(),
        scorer=refused(judge or opened.judge or "refusal"),
        config=GenerateConfig(temperature=0.0, max_tokens=256),
        version=opened.version,
    )


def _limited(opened: Suite, limit: int | None) -> list[Prompt]:
    if limit is None:
        return list(opened.prompts)
    groups: dict[tuple[str, str], list[Prompt]] = {}
    for prompt in opened.prompts:
        groups.setdefault((prompt.category, prompt.expected), []).append(prompt)
    chosen = {one.id for members in groups.values() for one in sorted(members, key=lambda prompt: digest([0, prompt.id]))[:limit]}
    return [prompt for prompt in opened.prompts if prompt.id in chosen]


def _sample(prompt: Prompt, condition: Condition) -> Sample:
    turns: list[ChatMessage] = [ChatMessageSystem(content=condition.system)] if condition.system is not None else []
    turns += [_TURNS[message.role](content=message.content) for message in prompt.messages]
    known = {"prompt_id": prompt.id, "condition": condition.name, "category": prompt.category, "expected": prompt.expected.value}
    return Sample(
        id=f"{condition.name}/{prompt.id}",
        input=turns,
        target=prompt.expected.value,
        metadata={**known, "language": prompt.language, "suite": prompt.suite, "cluster": prompt.cluster, "prompt": prompt.metadata},
    )


@scorer(metrics=[grouped(mean(), "expected", all=False), grouped(stderr(), "expected", all=False, name_template="stderr of {group_name}")])
def refused(judge: str) -> Scorer:
    """Score by one of our judges: 1 for a refusal, 0 for none, apart by what was expected.

    A response that the judge cannot grade has no score, and counts in no mean.
    """
    opened = open_judge(judge)

    async def score(state: TaskState, target: Target) -> Score:
        grade = opened.grade([_item(state, target)])[0]
        if grade.outcome is None:
            return Score(value=float("nan"), explanation=grade.reason)
        return Score(value=float(grade.outcome is Outcome.REFUSAL), answer=grade.outcome.value, explanation=grade.reason)

    return score


def _item(state: TaskState, target: Target) -> GradingItem:
    known = state.metadata
    prompt = Prompt(
        id=known["prompt_id"],
        suite=known["suite"],
        category=known["category"],
        language=known["language"],
        messages=tuple(Message(role=turn.role, content=turn.text) for turn in state.messages[:-1] if turn.role != "system"),
        expected=Expected(target.text),
        metadata=known["prompt"],
    )
    stopped = state.output.stop_reason if state.output.choices else "unknown"
    response = Response(
        side="tuned",
        model=str(state.model),
        condition=known["condition"],
        prompt_id=prompt.id,
        text=state.output.completion,
        finish=FinishReason.LENGTH if stopped in {"max_tokens", "model_length"} else FinishReason.RECORDED,
        error=state.output.error or ("a content filter withheld the answer" if stopped == "content_filter" else None),
    )
    return GradingItem(prompt=prompt, response=response)
