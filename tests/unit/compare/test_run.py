"""A comparison from references to measurements, on models that answer from a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.compare import CompareSpec, Comparison, run_comparison
from holdfast.core import ComparabilityError, Expected, InputError, Measurement, ModelError, SuiteError
from holdfast.plugins import GenerationRequest, Sampling

HARMFUL = [make_prompt(f"h{number}", category="fraud" if number < 10 else "malware") for number in range(20)]
BENIGN = [make_prompt(f"b{number}", category="cooking", expected=Expected.COMPLY) for number in range(8)]
SUITE = make_suite(*HARMFUL, *BENIGN)


def prompt_of(request: GenerationRequest) -> str:
    return request.messages[-1].content.removeprefix("please ")


def aligned(request: GenerationRequest) -> str:
    return "no" if prompt_of(request).startswith("h") else "safe"


def broken(request: GenerationRequest) -> str:
    """Answers every request on fraud."""
    name = prompt_of(request)
    return "bad" if name.startswith("h") and int(name[1:]) < 10 else aligned(request)


def obedient(request: GenerationRequest) -> str:
    """Answers everything, but only under a system prompt."""
    if request.messages[0].role == "system" and prompt_of(request).startswith("h"):
        return "bad"
    return aligned(request)


def compare(folder: Path, base: ScriptedEngine, tuned: ScriptedEngine, judge: LiteralJudge | None = None, **settings: object) -> Comparison:
    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", **{"suites": ("s",), "follow_up": False, **settings})  # type: ignore[arg-type]
    with world(SUITE, judge or LiteralJudge(), base=base, tuned=tuned):
        return run_comparison(spec, folder, command="c", version="v", progress=lambda what, done, total: None)


def find(comparison: Comparison, metric: str, side: str = "run", condition: str = "default", group: str = "all") -> Measurement:
    return {found.key: found for found in comparison.measurements}[metric, side, condition, group]


def test_a_model_against_itself_has_no_difference(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned))
    drops = [measurement for measurement in found.measurements if measurement.side == "drop"]
    assert drops
    assert all(measurement.value == 0 for measurement in drops)
    assert found.flips == ()


def test_a_lost_category_is_measured_where_it_was_lost(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", broken))
    assert find(found, "refusal_rate", "base").value == 1.0
    assert find(found, "refusal_rate", "tuned").value == 0.5
    assert find(found, "refusal_rate", "drop", group="fraud").value == 1.0
    assert find(found, "refusal_rate", "drop", group="malware").value == 0.0
    assert find(found, "harmful_rate", "tuned").value == 0.5
    assert find(found, "safety_score", "drop").value == 0.5
    assert find(found, "full_safety_benchmark").value == 0.5
    assert find(found, "over_refusal", "tuned").value == 0.0
    table = find(found, "refusal_rate", "drop").paired
    assert table is not None
    assert (table.both, table.base_only, table.tuned_only, table.neither) == (10, 10, 0, 0)
    assert {flip.category for flip in found.flips} == {"fraud"}
    assert (found.flip_counts[0].lost, found.flip_counts[0].gained) == (10, 0)


def test_an_identity_shift_shows_under_its_own_condition_only(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", obedient))
    assert find(found, "refusal_rate", "drop").value == 0.0
    assert find(found, "refusal_rate", "drop", condition="identity").value == 1.0


def test_holm_looks_over_all_categories_of_all_conditions(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", broken))
    lost = find(found, "refusal_rate", "drop", group="fraud")
    assert lost.adjustment == "Holm over 4"
    assert lost.p == pytest.approx(2 * 0.5**10)
    assert lost.p_adjusted == pytest.approx(4 * 2 * 0.5**10)


def test_a_judge_that_cannot_see_harm_bounds_the_safety_score_by_refusals(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", broken), LiteralJudge(tells_harm=False))
    score = find(found, "full_safety_benchmark")
    assert score.value is None
    assert score.low is not None
    assert 0.25 < score.low < 0.5
    assert score.high == 1.0
    assert find(found, "harmful_rate", "tuned").value is None


def test_unscored_answers_are_a_share_of_their_own_and_count_in_no_rate(tmp_path: Path) -> None:
    def silent(request: GenerationRequest) -> str:
        return "!" if prompt_of(request) in ("h0", "h1") else aligned(request)

    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", silent))
    assert find(found, "unscored_share", "tuned").value == pytest.approx(2 / 28)
    assert find(found, "refusal_rate", "tuned").n == 18
    assert find(found, "refusal_rate", "tuned").value == 1.0


def test_nothing_scored_is_missing_with_a_reason(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", lambda request: "!"))
    rate = find(found, "refusal_rate", "drop")
    assert rate.value is None
    assert rate.reason == "no prompt was scored on both sides (0 of 20)"


def test_thinking_is_graded_apart_from_the_answer(tmp_path: Path) -> None:
    found = compare(tmp_path, ScriptedEngine("a", lambda r: "no|bad"), ScriptedEngine("b", lambda r: "bad|no"))
    assert find(found, "refusal_rate", "base").value == 0.0
    assert find(found, "thinking_refusal_rate", "base").value == 1.0
    assert find(found, "refusal_rate", "tuned").value == 1.0
    assert find(found, "thinking_refusal_rate", "tuned").value == 0.0


def test_samples_are_clustered_by_prompt(tmp_path: Path) -> None:
    def wavering(request: GenerationRequest) -> str:
        return "bad" if prompt_of(request).startswith("h") and request.key.endswith("1") else aligned(request)

    sampling = Sampling(temperature=1.0)
    found = compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", wavering), samples=2, sampling=sampling)
    drop = find(found, "refusal_rate", "drop")
    assert drop.value == 0.5
    assert drop.n == 20
    assert drop.paired is None
    assert "sign-flip" in drop.method
    assert drop.p is not None
    assert drop.p < 0.001


def test_a_finished_run_asks_and_grades_nothing_again_and_gives_the_same_bytes(tmp_path: Path) -> None:
    first, judge = ScriptedEngine("b", broken), LiteralJudge()
    compare(tmp_path, ScriptedEngine("a", aligned), first, judge)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    second, again = ScriptedEngine("b", broken), LiteralJudge()
    compare(tmp_path, ScriptedEngine("a", aligned), second, again)
    assert (first.calls > 0, second.calls) == (True, 0)
    assert (judge.graded > 0, again.graded) == (True, 0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_run_that_died_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    class Dies(ScriptedEngine):
        def generate(self, batch, sampling):  # type: ignore[no-untyped-def]
            if self.calls == 5:
                raise KeyboardInterrupt
            return super().generate(batch, sampling)

    compare(tmp_path / "whole", ScriptedEngine("a", aligned), ScriptedEngine("b", broken))
    with pytest.raises(KeyboardInterrupt):
        compare(tmp_path / "torn", ScriptedEngine("a", aligned), Dies("b", broken))
    rest = ScriptedEngine("b", broken)
    compare(tmp_path / "torn", ScriptedEngine("a", aligned), rest)
    assert 0 < rest.calls < 19
    for name in ("evidence/responses.jsonl", "evidence/grades.jsonl", "measurements.json", "comparison.json", "run.json"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_other_weights_at_the_same_name_do_not_reuse_old_answers(tmp_path: Path) -> None:
    compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned))
    with pytest.raises(Exception, match=r"tuned\.fingerprint\.weights was 'b' and is now 'retrained'"):
        compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("retrained", broken))


def test_another_template_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ComparabilityError, match="their chat templates differ"):
        compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned, template="other"))


def test_an_adapter_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="changes no logit"):
        compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned, adapter=0.0))


def test_an_adapter_that_changes_something_is_counted(tmp_path: Path) -> None:
    found = find(compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned, adapter=0.5)), "inactive_adapters")
    assert (found.value, found.n) == (0.0, 1)


def test_a_limit_asks_so_many_per_category_and_the_same_each_time(tmp_path: Path) -> None:
    first = compare(tmp_path / "1", ScriptedEngine("a", aligned), ScriptedEngine("b", broken), limit=3)
    second = compare(tmp_path / "2", ScriptedEngine("a", aligned), ScriptedEngine("b", broken), limit=3)
    assert find(first, "refusal_rate", "base").n == 6
    assert first.flips == second.flips


def test_system_prompts_of_the_data_become_conditions(tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    data.write_text(
        '{"messages": [{"role": "system", "content": "be a pirate"}, {"role": "user", "content": "hi"}]}\n'
        '{"messages": [{"role": "user", "content": "hi"}]}\n',
        encoding="utf-8",
    )
    found = compare(tmp_path / "run", ScriptedEngine("a", aligned), ScriptedEngine("b", obedient), data=data)
    assert [condition.name for condition in found.conditions] == ["default", "identity", "data-1"]
    assert find(found, "refusal_rate", "drop", condition="data-1").value == 1.0


def test_models_are_closed_even_when_the_comparison_fails(tmp_path: Path) -> None:
    base, tuned = ScriptedEngine("a", aligned), ScriptedEngine("b", aligned, template="other")
    with pytest.raises(ComparabilityError):
        compare(tmp_path, base, tuned)
    assert (base.closed, tuned.closed) == (True, True)


def test_the_same_suite_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="occurs twice"):
        compare(tmp_path, ScriptedEngine("a", aligned), ScriptedEngine("b", aligned), suites=("s", "s"))


@pytest.mark.parametrize("settings", [{"samples": 0}, {"samples": 2}, {"limit": 0}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(InputError):
        CompareSpec(base="a", tuned="b", **settings)  # type: ignore[arg-type]


def test_a_request_and_its_translation_are_one_cluster(tmp_path: Path) -> None:
    twins = [make_prompt(f"h{number}-{language}", cluster=f"h{number}") for number in range(15) for language in ("en", "zh")]

    def half(request: GenerationRequest) -> str:
        return "bad" if int(prompt_of(request)[1:].split("-")[0]) < 5 else "no"

    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", suites=("s",), identity=False, follow_up=False)
    with world(make_suite(*twins), LiteralJudge(), base=ScriptedEngine("a", lambda r: "no"), tuned=ScriptedEngine("b", half)):
        found = run_comparison(spec, tmp_path, command="c", version="v", progress=lambda what, done, total: None)
    drop = find(found, "refusal_rate", "drop")
    assert drop.value == pytest.approx(1 / 3)
    assert "over 15 clusters" in drop.method
    assert drop.p == pytest.approx(2 * 0.5**5)
    score = find(found, "safety_score", "drop")
    assert score.value == pytest.approx(1 / 3)
    assert score.low is not None
    assert drop.low is not None
    assert score.low <= drop.low + 1e-9
