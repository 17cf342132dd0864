"""Asking until every gate is settled: fewer prompts, the same verdict, and nothing that only a fixed number allows."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.unit.compare.scripted import Answer, LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.compare import CompareSpec, Comparison, UntilDecided, run_comparison
from holdfast.compare.deciding import streams_of
from holdfast.core import Condition, Decision, Design, Expected, InputError, Measurement, RunFolderError
from holdfast.plugins import GenerationRequest
from holdfast.policy import judge, load_policy

HARMFUL = [make_prompt(f"h{number}", category=f"c{number % 5}") for number in range(200)]
BENIGN = [make_prompt(f"b{number}", category=f"d{number % 5}", expected=Expected.COMPLY) for number in range(100)]
DELICATE = [make_prompt(f"d{number}", category="law", expected=Expected.CAUTION) for number in range(10)]
SUITE = make_suite(*HARMFUL, *BENIGN, *DELICATE)
GATES = load_policy("until-decided").gates


class ExactJudge(LiteralJudge):
    def __init__(self) -> None:
        super().__init__()
        self.card = msgspec.structs.replace(self.card, exact=True)


def aligned(request: GenerationRequest) -> str:
    return "no" if request.messages[-1].content.startswith("please h") else "safe"


def broken(request: GenerationRequest) -> str:
    return "bad" if request.messages[-1].content.startswith("please h") else "safe"


def timid(request: GenerationRequest) -> str:
    return "no"


def ask(
    folder: Path, tuned: Answer | ScriptedEngine, settings: UntilDecided | None = None, grader: LiteralJudge | None = None
) -> Comparison:
    given = settings or UntilDecided(gates=GATES)
    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", suites=("s",), identity=False, follow_up=False, until_decided=given)
    engine = tuned if isinstance(tuned, ScriptedEngine) else ScriptedEngine("b", tuned)
    with world(SUITE, grader or ExactJudge(), base=ScriptedEngine("a", aligned), tuned=engine):
        return run_comparison(spec, folder, command="c", version="v", progress=lambda what, done, total: None)


def gates(found: Comparison, policy: str = "until-decided") -> dict[str, Decision]:
    return {result.gate: result.decision for result in judge(found.measurements, load_policy(policy)).gates}


def drop(found: Comparison, metric: str = "refusal_rate") -> Measurement:
    return next(one for one in found.measurements if one.key == (metric, "drop", "default", "all"))


@pytest.mark.parametrize(
    ("tuned", "gate", "expected", "most"),
    [
        (aligned, "refusal_noninferior", Decision.PASS, 100),
        (broken, "refusal_noninferior", Decision.FAIL, 100),
        (timid, "over_refusal", Decision.FAIL, 100),
        (broken, "over_refusal", Decision.PASS, 100),
    ],
)
def test_a_clear_case_is_settled_with_a_part_of_the_prompts(
    tmp_path: Path, tuned: Answer, gate: str, expected: Decision, most: int
) -> None:
    found = ask(tmp_path, tuned)
    assert gates(found)[gate] is expected
    assert found.early_stop is not None
    assert all(stream.stop == "decided" and stream.asked < stream.total for stream in found.early_stop.streams)
    assert sum(stream.asked for stream in found.early_stop.streams) <= most


def test_what_no_gate_reads_is_not_asked_and_said_so(tmp_path: Path) -> None:
    found = ask(tmp_path, aligned)
    assert not [one for one in found.measurements if one.metric == "caution_rate" and one.value is not None]
    assert "prompts that no gate reads were not asked" in found.not_assessed["estimand"]
    assert any("were not asked: decided" in reason for reason in found.not_assessed.values())


def test_a_stopped_run_has_no_fixed_n_number_and_a_fixed_n_policy_refuses_it(tmp_path: Path) -> None:
    found = ask(tmp_path, aligned)
    rates = [one for one in found.measurements if one.condition == "default" and one.side != "run"]
    assert rates
    assert all(one.design is Design.STOPPED_EARLY and one.p is None and one.p_adjusted is None for one in rates)
    assert all("confidence sequence" in one.method for one in rates if one.low is not None)
    fixed = gates(found, "compare")
    assert fixed["refusal_noninferior"] is Decision.UNDECIDED
    assert fixed["category_drop_confirmed"] is Decision.UNDECIDED


def test_a_full_run_is_refused_by_the_policy_for_stopped_ones(tmp_path: Path) -> None:
    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", suites=("s",), identity=False, follow_up=False)
    with world(SUITE, ExactJudge(), base=ScriptedEngine("a", aligned), tuned=ScriptedEngine("b", aligned)):
        found = run_comparison(spec, tmp_path, command="c", version="v", progress=lambda what, done, total: None)
    assert gates(found)["refusal_noninferior"] is Decision.UNDECIDED
    assert gates(found, "compare")["refusal_noninferior"] is Decision.PASS


def test_a_token_budget_ends_undecided_and_a_larger_one_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    short = ask(tmp_path / "a", aligned, UntilDecided(gates=GATES, max_tokens=30))
    assert short.early_stop is not None
    assert {stream.stop for stream in short.early_stop.streams} == {"out of tokens"}
    assert gates(short)["refusal_noninferior"] is Decision.UNDECIDED
    ask(tmp_path / "a", aligned)
    ask(tmp_path / "b", aligned)
    for name in ("responses.jsonl", "grades.jsonl"):
        assert (tmp_path / "a" / "evidence" / name).read_bytes() == (tmp_path / "b" / "evidence" / name).read_bytes()
    assert (tmp_path / "a" / "measurements.json").read_bytes() == (tmp_path / "b" / "measurements.json").read_bytes()


def test_no_minute_left_ends_undecided(tmp_path: Path) -> None:
    found = ask(tmp_path, aligned, UntilDecided(gates=GATES, max_minutes=1e-9))
    assert found.early_stop is not None
    assert {stream.stop for stream in found.early_stop.streams} == {"out of time"}
    assert gates(found)["refusal_noninferior"] is Decision.UNDECIDED


def test_another_policy_in_the_same_folder_is_another_run(tmp_path: Path) -> None:
    ask(tmp_path, aligned)
    other = tuple(msgspec.structs.replace(gate, alpha=0.01) if gate.name == "refusal_noninferior" else gate for gate in GATES)
    with pytest.raises(RunFolderError, match="until_decided"):
        ask(tmp_path, aligned, UntilDecided(gates=other))


def test_a_bank_that_was_asked_to_its_end_is_certain(tmp_path: Path) -> None:
    def worse(request: GenerationRequest) -> str:
        name = request.messages[-1].content.removeprefix("please ")
        return "bad" if name.startswith("h") and int(name[1:]) % 20 == 0 else aligned(request)

    new = ask(tmp_path / "new", worse)
    bank = ask(tmp_path / "bank", worse, UntilDecided(gates=GATES, bank=True))
    assert drop(bank).anytime is not None
    assert gates(bank)["refusal_noninferior"] in (Decision.PASS, Decision.FAIL)
    assert bank.early_stop is not None
    assert new.early_stop is not None
    assert bank.early_stop.streams[0].asked <= new.early_stop.streams[0].asked


def test_a_judge_whose_errors_nobody_measured_leaves_it_undecided(tmp_path: Path) -> None:
    found = ask(tmp_path, aligned, grader=LiteralJudge())
    assert drop(found).doubt is not None
    assert gates(found)["refusal_noninferior"] is Decision.UNDECIDED


def test_blocks_mirror_the_categories_and_keep_clusters_together() -> None:
    twins = [make_prompt(f"t{number}-{part}", category=f"c{number % 4}", cluster=f"t{number}") for number in range(40) for part in "ab"]
    (stream,) = streams_of([(twins, [Condition(name="default")])], GATES, seed=3)
    assert stream.total == 80
    for block in stream.blocks:
        assert sorted(prompt.category for prompt in block) == sorted([f"c{n}" for n in range(4)] * (len(block) // 4))
        assert len(block) >= 16
        assert len({prompt.cluster_id for prompt in block}) * 2 == len(block)


def test_a_policy_that_nothing_can_settle_is_refused() -> None:
    with pytest.raises(InputError, match="no gate of the policy"):
        streams_of([(HARMFUL, [Condition(name="default")])], load_policy("compare").gates, seed=0)


@pytest.mark.parametrize(
    "settings", [{"max_tokens": 0}, {"max_minutes": -1.0}, {"max_minutes": float("nan")}, {"max_minutes": float("inf")}]
)
def test_budgets_must_be_above_nothing(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be a number above 0"):
        UntilDecided(**settings)  # type: ignore[arg-type]
