from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.core import Decision, InputError
from holdfast.policy import judge, load_policy
from holdfast.watch import watch_log
from holdfast.watch.deciding import allowed_loss, training_policy


def state(folder: Path, history: list[dict[str, object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": 9, "log_history": history}), encoding="utf-8")
    return folder


def losses(count: int = 40, spike: int | None = None) -> list[dict[str, object]]:
    return [{"step": 10 * n, "loss": 20.0 if n == spike else 1.0 + n % 3 / 20, "grad_norm": 1.0} for n in range(1, count + 1)]


def test_a_trainers_state_shows_the_spike_and_says_nothing_of_safety(tmp_path: Path) -> None:
    found = watch_log(state(tmp_path, [*losses(spike=30), {"train_loss": 1.0, "step": 400}, {"eval_loss": 3.0, "step": 400}]))
    assert [spike.step for spike in found.spikes] == [300]
    assert found.rows == 40
    spike, safety = found.measurements
    assert spike.value == pytest.approx(20 / 1.05, rel=0.1)
    assert safety.value is None
    assert judge(found.measurements, training_policy("article")).decision is Decision.FAIL
    assert judge(found.measurements, load_policy("watch")).decision is Decision.UNDECIDED


def test_the_latest_checkpoint_of_an_output_folder_is_read(tmp_path: Path) -> None:
    state(tmp_path / "checkpoint-9", losses(9))
    state(tmp_path / "checkpoint-100", losses(20))
    assert watch_log(tmp_path).rows == 20


def test_refusal_rates_of_a_watched_run_are_judged(tmp_path: Path) -> None:
    watched: list[dict[str, object]] = [
        {"step": step, "holdfast/refusal_rate/default": rate, "holdfast/graded/default": 24.0}
        for step, rate in ((0, 1.0), (40, 0.6), (80, 0.7))
    ]
    found = watch_log(state(tmp_path, [*losses(), *watched]))
    assert [(one.side, one.value, one.n) for one in found.measurements[1:]] == [("run", 0.6, 24), ("drop", 0.4, 24)]
    assert judge(found.measurements, load_policy("watch")).decision is Decision.FAIL


@pytest.mark.parametrize(
    ("rates", "n", "decision", "why"),
    [
        ((0.9, 0.9), 24, Decision.PASS, "the drop of safety probe evaluation is 0 points"),
        ((0.9, 0.9), 19, Decision.UNDECIDED, "n is 19, the gate asks for at least 20"),
        ((0.9, 0.9), "", Decision.UNDECIDED, "n is 0, the gate asks for at least 20"),
        ((0, 0), 24, Decision.UNDECIDED, "nothing was refused at the start, so nothing could be seen to go"),
        ((0.08, 0.0), 24, Decision.UNDECIDED, "8.0 % were refused at the start"),
    ],
)
def test_few_requests_and_a_start_that_refuses_nothing_pass_no_training(
    rates: tuple[float, ...], n: object, decision: Decision, why: str, tmp_path: Path
) -> None:
    rules = training_policy("watch")
    found = judge(watch_log(rated(tmp_path / "log.csv", *rates, n=n), allowed=allowed_loss(rules)).measurements, rules)
    assert found.decision is decision
    assert why in found.gates[0].why


@pytest.mark.parametrize("header", ["step,loss", "train/global_step,train/loss", "\ufeffstep,train_loss,extra"])
def test_a_table_of_losses_by_the_names_that_trackers_give(header: str, tmp_path: Path) -> None:
    lines = [header, *(f"{n},{30 if n == 15 else 1 + n % 2 / 10},x"[: None if "extra" in header else -2] for n in range(1, 31))]
    path = tmp_path / "losses.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [spike.step for spike in watch_log(path).spikes] == [15]


def test_nan_in_a_table_is_not_a_number(tmp_path: Path) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("step,loss\n" + "\n".join(f"{n},{'nan' if n > 7 else 1}" for n in range(1, 20)), encoding="utf-8")
    assert watch_log(path).measurements[0].reason == "the loss was not a finite number at step 8"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.csv", "a,b\n1,2\n", "expected a column loss"),
        ("x.csv", "step,loss\n", r"x\.csv: holds a header and no row"),
        ("x.json", "[1]", "expected a trainer_state.json"),
        ("x.json", "{", "expected a trainer_state.json"),
    ],
)
def test_other_files_are_refused_with_what_was_expected(name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        watch_log(tmp_path / name)


def test_a_folder_without_a_state_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no trainer_state\.json"):
        watch_log(tmp_path)
    with pytest.raises(InputError, match=r"expected a trainer_state.json or a CSV with a training.s log \(No such file"):
        watch_log(tmp_path / "absent.csv")


def rated(path: Path, *rates: object, n: object = 24) -> Path:
    lines = [f"{step},{1 + step % 3 / 20},{rate},{n}" for step, rate in enumerate(rates)]
    header = "step,loss,holdfast/refusal_rate/default,holdfast/graded/default"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("blank", ["", " "])
def test_one_look_shows_no_fall_and_leaves_the_verdict_open(blank: str, tmp_path: Path) -> None:
    found = watch_log(rated(tmp_path / "one.csv", 0.9, *[blank] * 8)).measurements
    assert [(one.side, one.value) for one in found[1:]] == [("run", 0.9), ("drop", None)]
    assert "of step 0 only" in (found[2].reason or "")
    assert judge(found, load_policy("watch")).decision is Decision.UNDECIDED


@pytest.mark.parametrize(
    ("rates", "low", "decision"),
    [
        ((0.9, "nan", "nan"), 0.0, Decision.UNDECIDED),
        ((0.9, "nan", 0.9), 0.0, Decision.UNDECIDED),
        (("nan", 0.1, 0.05), None, Decision.UNDECIDED),
        (("nan", "nan"), None, Decision.UNDECIDED),
        ((0.9, "nan", 0.05), 0.85, Decision.FAIL),
    ],
)
def test_a_look_without_a_number_never_passes_and_hides_no_fall(
    rates: tuple[object, ...], low: float | None, decision: Decision, tmp_path: Path
) -> None:
    found = watch_log(rated(tmp_path / "nan.csv", *rates)).measurements
    assert [one.value for one in found[1:]] == [None, None]
    assert "is not a number" in (found[2].reason or "")
    assert found[2].low == (None if low is None else pytest.approx(low))
    assert judge(found, load_policy("watch")).decision is decision


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_a_loss_that_is_not_finite_is_told_from_a_table_and_from_a_state(value: str, tmp_path: Path) -> None:
    table = tmp_path / "losses.csv"
    table.write_text("step,loss\n" + "\n".join(f"{n},{value if n == 9 else 1}" for n in range(1, 20)), encoding="utf-8")
    python = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(value, value)
    rows = ", ".join(f'{{"step": {n}, "loss": {python if n == 9 else 1}}}' for n in range(1, 20))
    (tmp_path / "trainer_state.json").write_text(f'{{"log_history": [{rows}]}}', encoding="utf-8")
    for path in (table, tmp_path):
        found = watch_log(path)
        assert (found.rows, found.measurements[0].value) == (19, None)
        assert found.measurements[0].reason == "the loss was not a finite number at step 9"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["1,1,0.9", "inf,2,"], r"x\.csv:3: expected a whole number from 0 on for step, found 'inf'"),
        (["1,1,0.9", "nan,2,"], "whole number"),
        (["1,1,0.9", "1.5,2,"], "whole number"),
        (["-1,1,0.9"], r"x\.csv:2: expected a whole number"),
        (["1,1,0.9", ",2,"], "whole number from 0 on for step, found ''"),
        (["one,1,0.9"], "expected a number for step, found 'one'"),
        (["5,1,0.9", "5,1,0.9", "4,1,0.9"], r"x\.csv:4: step 4 comes after step 5"),
        (["1,high,0.9"], "expected a number for loss, found 'high'"),
        (["1,1,5"], r"x\.csv:2: expected a share from 0 to 1 for holdfast/refusal_rate/default, found '5'"),
        (["1,1,0.9", "2,1,-4"], r"x\.csv:3: expected a share"),
        (["1,1,inf"], "expected a share"),
        (["1,1,high"], "expected a number for holdfast"),
        (["1,1,0.9,7"], r"x\.csv:2: has more cells than the header"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_its_line(rows: list[str], says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["step,loss,holdfast/refusal_rate/default", *rows]), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        watch_log(path)


def test_a_row_of_a_state_that_cannot_be_is_refused_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"log_history\[1\]: expected a share"):
        watch_log(state(tmp_path, [{"step": 1, "loss": 1.0}, {"step": 1, "holdfast/refusal_rate/default": 900}]))


def test_rows_of_one_step_and_whole_steps_with_a_point_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("step,loss,holdfast/refusal_rate/default\n1.0,1,\n1.0,,0.9\n2.0,1,\n2.0,,0.9\n", encoding="utf-8")
    assert [one.value for one in watch_log(path).measurements[1:]] == [0.9, 0.0]
