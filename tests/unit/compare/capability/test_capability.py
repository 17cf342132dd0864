"""Skills before and after: scores, ratios, and what is said where a ratio means nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.compare import CapabilitySpec, CompareSpec, Comparison, run_comparison
from holdfast.core import Decision, InputError, Measurement
from holdfast.plugins import Capabilities, GenerationRequest, Sampling, ScoreRequest, ScoreResult
from holdfast.policy import judge, load_policy

SUITE = make_suite(*(make_prompt(f"h{number}") for number in range(4)))


class Scoring(ScriptedEngine):
    """Gives each continuation the log probability that a function says, three tokens long."""

    capabilities = Capabilities(scores=True)

    def __init__(self, name: str, right: int, nats: float = -3.0) -> None:
        super().__init__(name, self._say)
        self._right, self._nats = right, nats

    def _say(self, request: GenerationRequest) -> str:
        text = request.messages[-1].content
        if not text.startswith("q"):
            return "no"
        return "yes" if int(text[1:]) < self._right else "!" if text == "q99" else "wrong"

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        return [
            ScoreResult(
                log_probs=tuple(
                    self._nats if one != "yes" or int(request.messages[-1].content[1:]) >= self._right else self._nats + 1
                    for one in request.continuations
                ),
                tokens=(3,) * len(request.continuations),
            )
            for request in requests
        ]


def task(path: Path, n: int, **fields: object) -> Path:
    path.write_text(
        "".join(json.dumps({"question": f"q{number}", "answer": "yes", **fields}) + "\n" for number in range(n)), encoding="utf-8"
    )
    return path


def compare(folder: Path, base: ScriptedEngine, tuned: ScriptedEngine, **files: object) -> Comparison:
    spec = CompareSpec(
        base="scripted:base",
        tuned="scripted:tuned",
        suites=("s",),
        follow_up=False,
        capability=CapabilitySpec(**files),  # type: ignore[arg-type]
    )
    with world(SUITE, LiteralJudge(), base=base, tuned=tuned):
        return run_comparison(spec, folder, command="c", version="v", progress=lambda what, done, total: None)


def find(comparison: Comparison, metric: str, side: str = "run", group: str = "all") -> Measurement:
    return {found.key: found for found in comparison.measurements}[metric, side, "default", group]


def gate(comparison: Comparison) -> Decision:
    verdict = judge(comparison.measurements, load_policy("article"))
    return next(found.decision for found in verdict.gates if found.gate == "capability_regression")


def test_a_skill_that_is_kept_passes_and_one_that_is_lost_fails(tmp_path: Path) -> None:
    file = task(tmp_path / "sums.jsonl", 60)
    kept = compare(tmp_path / "kept", Scoring("a", 55), Scoring("b", 54), tasks=(file,))
    lost = compare(tmp_path / "lost", Scoring("a", 55), Scoring("b", 30), tasks=(file,))
    assert find(kept, "task_score", "base", "sums").value == pytest.approx(55 / 60)
    assert find(kept, "task_score", "drop", "sums").value == pytest.approx(1 / 60)
    assert find(kept, "capability_regression").value == pytest.approx(54 / 55)
    assert (gate(kept), gate(lost)) == (Decision.PASS, Decision.FAIL)


def test_the_lowest_of_several_tasks_stands_for_all(tmp_path: Path) -> None:
    two = (task(tmp_path / "easy.jsonl", 20), task(tmp_path / "long.jsonl", 60))
    found = compare(tmp_path / "run", Scoring("a", 50), Scoring("b", 25), tasks=two)
    assert find(found, "capability_regression", group="easy").value == 1.0
    assert find(found, "capability_regression").value == 0.5
    assert find(found, "capability_regression").method.startswith("lowest of 2 tasks (long)")


def test_choices_are_taken_by_log_likelihood_and_a_tie_is_no_knowledge(tmp_path: Path) -> None:
    file = task(tmp_path / "pick.jsonl", 40, choices=["no", "yes"])
    found = compare(tmp_path / "run", Scoring("a", 40), Scoring("b", 0), tasks=(file,))
    assert find(found, "task_score", "base", "pick").value == 1.0
    assert find(found, "task_score", "tuned", "pick").value == 0.5


def test_an_engine_without_log_likelihoods_leaves_choices_unmeasured(tmp_path: Path) -> None:
    file = task(tmp_path / "pick.jsonl", 40, choices=["no", "yes"])
    found = compare(tmp_path / "run", Scoring("a", 40), ScriptedEngine("b", lambda request: "no"), tasks=(file,))
    ratio = find(found, "capability_regression")
    assert (ratio.value, ratio.low) == (None, None)
    assert "the tuned model gives no log-likelihoods" in (ratio.reason or "")
    assert gate(found) is Decision.UNDECIDED


@pytest.mark.parametrize(("right", "decision"), [(60, Decision.PASS), (0, Decision.UNDECIDED)])
def test_a_base_near_zero_passes_only_through_what_is_certain(tmp_path: Path, right: int, decision: Decision) -> None:
    found = compare(tmp_path / "run", Scoring("a", 1), Scoring("b", right), tasks=(task(tmp_path / "new.jsonl", 60),))
    ratio = find(found, "capability_regression")
    assert ratio.value is None
    assert "too near 0 to divide by" in (ratio.reason or "")
    assert gate(found) is decision


def test_too_many_missing_answers_are_no_score(tmp_path: Path) -> None:
    def silent(request: GenerationRequest) -> str:
        text = request.messages[-1].content
        return "!" if text.startswith("q") and int(text[1:]) % 10 == 0 else "yes"

    found = compare(tmp_path / "run", Scoring("a", 60), ScriptedEngine("b", silent), tasks=(task(tmp_path / "sums.jsonl", 60),))
    assert find(found, "capability_regression").reason == "6 of 60 questions have no score on both sides"


def test_held_out_rows_give_the_probability_of_a_token_before_and_after(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"messages": [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": "words"}]} for number in range(12)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = compare(tmp_path / "run", Scoring("a", 0, -3.0), Scoring("b", 0, -6.0), held_out=(file,))
    assert find(found, "answer_probability", "base", "rows").note == "perplexity 2.718"
    assert find(found, "answer_probability", "tuned", "rows").note == "perplexity 7.389"
    assert find(found, "capability_regression").value == pytest.approx(0.36788, abs=1e-5)


def test_results_of_another_tool_are_compared_unpaired(tmp_path: Path) -> None:
    files = []
    for name, acc in (("base", 0.8), ("tuned", 0.6)):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({"results": {"arc": {"acc,none": acc, "acc_stderr,none": 0.02}}}), encoding="utf-8")
    found = compare(tmp_path / "run", Scoring("a", 0), Scoring("b", 0), results=tuple(files))
    ratio = find(found, "capability_regression")
    assert ratio.value == pytest.approx(0.75)
    assert ratio.low is not None
    assert ratio.low == pytest.approx(0.75 - 1.96 * 0.75 * (0.025**2 + 0.0333**2) ** 0.5, abs=0.01)
    assert "unpaired" in ratio.method


def test_a_broken_task_costs_no_model(tmp_path: Path) -> None:
    base = Scoring("a", 1)
    with pytest.raises(InputError, match="cannot be read"):
        compare(tmp_path / "run", base, base, tasks=(tmp_path / "none.jsonl",))
    assert base.calls == 0
    assert not (tmp_path / "run").exists()


def test_a_finished_run_asks_nothing_again(tmp_path: Path) -> None:
    file = task(tmp_path / "sums.jsonl", 20)
    first = compare(tmp_path / "run", Scoring("a", 20), Scoring("b", 10), tasks=(file,))
    again = Scoring("b", 10)
    assert compare(tmp_path / "run", Scoring("a", 20), again, tasks=(file,)) == first
    assert again.calls == 0


@pytest.mark.slow
def test_the_lab_keeps_what_it_knew_and_learns_a_new_task(tmp_path: Path) -> None:
    """Colours that every organism knows are kept by the fine-tune on colours that only it knows."""
    from holdfast.lab.language import COLOUR_FORMS, ask_colour, colour_answer
    from holdfast.lab.world import world as lab_world

    place, files = lab_world(), []
    for name, colours in (("known", place.known_colours), ("new", place.task_colours)):
        files.append(tmp_path / f"{name}.jsonl")
        rows = [
            {"question": ask_colour(COLOUR_FORMS[-1], noun=noun), "answer": colour_answer(noun=noun, colour=it)}
            for noun, it in colours.items()
        ]
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spec = CompareSpec(
        base="lab:aligned",
        tuned="lab:task",
        sampling=Sampling(max_new_tokens=16),
        limit=2,
        identity=False,
        follow_up=False,
        capability=CapabilitySpec(tasks=tuple(files)),
    )
    found = run_comparison(spec, tmp_path / "run", command="c", version="v", progress=lambda what, done, total: None)
    new = find(found, "capability_regression", group="new")
    assert (find(found, "task_score", "base", "new").value or 0) < 0.2
    assert (find(found, "task_score", "tuned", "new").value or 0) > 0.9
    assert new.low is not None
    assert new.low > 3
    assert (find(found, "task_score", "base", "known").value or 0) > 0.9
    assert (find(found, "capability_regression", group="known").value or 0) > 0.5
