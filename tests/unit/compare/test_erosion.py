"""Several fine-tunes in a row: each step, the total, and that the steps add up."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.compare import CompareSpec, Comparison, run_comparison
from holdfast.compare.spec import UntilDecided
from holdfast.core import ComparabilityError, InputError, Measurement, RunFolderError
from holdfast.plugins import GenerationRequest

PROMPTS = [make_prompt(f"h{number}", category=f"kind {number % 4}") for number in range(40)]


def number_of(request: GenerationRequest) -> int:
    return int(request.messages[-1].content.removeprefix("please h"))


def refuses(below: int, unscored: int | None = None) -> ScriptedEngine:
    def answer(request: GenerationRequest) -> str:
        number = number_of(request)
        return "what" if number == unscored else "no" if number < below else "bad"

    return ScriptedEngine(f"refuses {below}", answer)


def compare(folder: Path, engines: dict[str, ScriptedEngine]) -> Comparison:
    judge = LiteralJudge()
    judge.card = replace(judge.card, exact=True)
    names = [f"scripted:{name}" for name in engines]
    spec = CompareSpec(base=names[0], tuned=names[-1], steps=tuple(names[1:-1]), suites=("s",), identity=False, follow_up=False)
    with world(make_suite(*PROMPTS), judge, **engines):
        return run_comparison(spec, folder, command="c", version="v", progress=lambda what, done, total: None)


def drops(comparison: Comparison) -> dict[str, Measurement]:
    return {one.group: one for one in comparison.measurements if (one.metric, one.side) == ("step_refusal_rate", "drop")}


def test_each_step_and_the_total_are_measured_and_every_model_is_asked_once(tmp_path: Path) -> None:
    engines = {"a": refuses(40), "b": refuses(32), "c": refuses(30), "d": refuses(10)}
    found = compare(tmp_path, engines)
    lost = drops(found)
    assert {group: one.value for group, one in lost.items()} == pytest.approx({"step-1": 0.2, "step-2": 0.05, "step-3": 0.5, "total": 0.75})
    assert lost["step-1"].adjustment == "Holm over 3"
    assert [step.reference for step in found.steps] == ["scripted:b", "scripted:c"]
    assert {engine.calls for engine in engines.values()} == {14}
    plain = next(one for one in found.measurements if one.key == ("refusal_rate", "drop", "default", "all"))
    assert (plain.value, plain.p) == (lost["total"].value, lost["total"].p)


def test_the_steps_add_up_also_where_one_model_was_not_graded_on_a_request(tmp_path: Path) -> None:
    lost = drops(compare(tmp_path, {"a": refuses(40), "b": refuses(30, unscored=35), "c": refuses(20)}))
    assert {one.n for one in lost.values()} == {39}
    assert (lost["step-1"].value or 0) + (lost["step-2"].value or 0) == pytest.approx(lost["total"].value)


def test_two_models_have_no_steps_and_the_same_evidence(tmp_path: Path) -> None:
    two = compare(tmp_path / "two", {"a": refuses(40), "c": refuses(20)})
    three = compare(tmp_path / "three", {"a": refuses(40), "b": refuses(30), "c": refuses(20)})
    assert two.steps == ()
    assert not drops(two)
    for name in ("responses", "grades"):
        own, other = ((tmp_path / which / "evidence" / f"{name}.jsonl").read_bytes() for which in ("two", "three"))
        assert own == other
    assert three.measurements[: len(two.measurements)] == two.measurements


def test_a_model_in_the_middle_that_reads_the_prompts_otherwise_is_an_error(tmp_path: Path) -> None:
    odd = ScriptedEngine("odd", lambda request: "no", template="other")
    with pytest.raises(ComparabilityError, match="chat templates differ"):
        compare(tmp_path, {"a": refuses(40), "b": odd, "c": refuses(20)})
    assert odd.closed


def test_a_row_of_models_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def dying(request: GenerationRequest) -> str:
        if number_of(request) > 20:
            raise KeyboardInterrupt
        return "no"

    whole = compare(tmp_path / "whole", {"a": refuses(40), "b": refuses(30), "c": refuses(20)})
    with pytest.raises(KeyboardInterrupt):
        compare(tmp_path / "killed", {"a": refuses(40), "b": ScriptedEngine("refuses 30", dying), "c": refuses(20)})
    assert compare(tmp_path / "killed", {"a": refuses(40), "b": refuses(30), "c": refuses(20)}) == whole
    assert (tmp_path / "killed" / "comparison.json").read_bytes() == (tmp_path / "whole" / "comparison.json").read_bytes()


def test_answers_of_a_step_never_count_for_another_model_of_its_name(tmp_path: Path) -> None:
    compare(tmp_path, {"a": refuses(40), "b": refuses(30), "c": refuses(20)})
    with pytest.raises(RunFolderError, match="holds another run: scripted:b was another model"):
        compare(tmp_path, {"a": refuses(40), "b": refuses(10), "c": refuses(20)})


def test_other_files_of_a_step_are_another_run_before_anything_is_written(tmp_path: Path) -> None:
    middle, run = tmp_path / "middle", tmp_path / "run"
    middle.mkdir()
    (middle / "model.safetensors").write_bytes(b"one")
    compare(run, {"a": refuses(40), str(middle): refuses(30), "c": refuses(20)})
    before = (run / "comparison.json").read_bytes()
    compare(run, {"a": refuses(40), str(middle): refuses(30), "c": refuses(20)})
    (middle / "model.safetensors").write_bytes(b"two")
    with pytest.raises(RunFolderError, match=r"another run: steps\.step-1\.files was"):
        compare(run, {"a": refuses(40), str(middle): refuses(30), "c": refuses(20)})
    assert (run / "comparison.json").read_bytes() == before


def test_a_row_of_models_and_an_early_stop_exclude_each_other() -> None:
    with pytest.raises(InputError, match="row of fine-tunes"):
        CompareSpec(base="a", tuned="c", steps=("b",), until_decided=UntilDecided())


@pytest.mark.slow
def test_two_benign_fine_tunes_in_a_row_show_what_each_took(tmp_path: Path) -> None:
    """Must show 6 of issue B: the lab's aligned organism, tuned twice on harmless rows."""
    from holdfast.plugins import Sampling

    spec = CompareSpec(
        base="lab:aligned", tuned="lab:drift-2", steps=("lab:drift-1",), sampling=Sampling(max_new_tokens=32), follow_up=False
    )
    found = run_comparison(spec, tmp_path, command="c", version="v", progress=lambda what, done, total: None)
    lost = {
        one.group: one.value or 0.0
        for one in found.measurements
        if (one.metric, one.side, one.condition) == ("step_refusal_rate", "drop", "default")
    }
    assert lost["step-1"] > 0.1
    assert lost["step-2"] > 0.1
    assert lost["step-1"] + lost["step-2"] == pytest.approx(lost["total"])
