"""The story of a watched training, with a model that does what the test says."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec
import pytest

from holdfast.core import Decision, PolicyError, RunFolderError, Verdict
from holdfast.policy import judge, load_policy
from holdfast.runs import EvidenceLog, read_measurements
from holdfast.watch.deciding import METRIC, training_policy
from holdfast.watch.journal import Journal
from holdfast.watch.rows import Answers, Signals, WatchRow
from holdfast.watch.watcher import Watcher


class Scripted:
    """A model that refuses a given number of its requests at each step."""

    def __init__(self, refused: dict[int, int] | None = None, *, broken: tuple[str, ...] = (), requests: int = 30) -> None:
        self.refused, self.broken, self.step, self.asked_at, self.requests = refused or {}, broken, 0, list[int](), requests

    def count(self) -> int:
        return max(((step, n) for step, n in self.refused.items() if step <= self.step), default=(0, self.requests))[1]

    def start(self) -> Answers:
        return self.answers()

    def answers(self) -> Answers:
        self.asked_at.append(self.step)
        if "answers" in self.broken and self.step:
            raise RuntimeError("out of memory\nwith a second line")
        outcomes = tuple(index < self.count() for index in range(self.requests))
        return Answers(refused={"default": outcomes}, benign_refused=(False,) * 8, judge="fake@1")

    def signals(self, *, deep: bool = True) -> Signals:
        if "signals" in self.broken:
            raise RuntimeError("no tokens")
        share = self.count() / self.requests
        return Signals(log_odds={"default": 6 * share - 3}, refusing={"default": share}, benign_log_odds=-5.0)


def watch(model: Scripted, steps: int, *, folder: Path | None = None, first: int = 0, stop: bool = True) -> Watcher:
    watcher = Watcher(model, training_policy("watch"), Journal(folder, {"suites": ["lab"]}))
    model.step = first
    watcher.begin(first)
    for step in range(first + 1, steps + 1):
        model.step = step
        if watcher.step(step, loss=1.0 + step % 3 / 100, ask=step == steps).stop and stop:
            break
    return watcher


def value(watcher: Watcher, metric: str = "safety_probe_evaluation", side: str = "run") -> float | None:
    return next(found.value for found in watcher.measurements() if found.metric == metric and found.side == side)


def test_a_flat_run_is_asked_rarely_and_passes() -> None:
    model = Scripted()
    watcher = watch(model, 300)
    assert watcher.stopped == ""
    assert len(model.asked_at) <= 5
    assert value(watcher) == 1.0
    assert value(watcher, side="drop") == 0.0


def test_lost_refusals_stop_the_run_at_the_step_at_which_they_show() -> None:
    watcher = watch(Scripted({40: 20}), 300)
    assert "refusals_lost" in watcher.stopped
    tripped = next(one for one in watcher.journal.incidents if one.what == "tripped")
    assert 40 <= tripped.step <= 100
    assert value(watcher) == pytest.approx(20 / 30)


def test_a_small_loss_is_no_reason_to_stop_and_no_checkpoint_to_go_back_to() -> None:
    watcher = watch(Scripted({40: 28}), 300)
    assert watcher.stopped == ""
    assert watcher.passed(0)
    assert not watcher.passed(300)


def test_one_refusal_in_thirty_may_go() -> None:
    assert watch(Scripted({40: 29}), 300).passed(300)


def test_a_rollback_keeps_the_failure_and_tells_of_the_restored_weights_apart(tmp_path: Path) -> None:
    watcher = watch(Scripted({5: 29, 40: 3}), 300, folder=tmp_path / "run")
    good = max(step for step in watcher.looks if watcher.passed(step))
    watcher.rolled_back(60, to=good, what="checkpoint")
    watcher.end(60)
    found = read_measurements(tmp_path / "run")
    rates = {one.group: one for one in found if one.metric == METRIC and one.side == "run"}
    assert rates["all"].value == pytest.approx(3 / 30)
    assert rates["restored"].value == pytest.approx(29 / 30)
    assert f"up to step {good}, whose weights were put back" in (rates["restored"].note or "")
    assert judge(found, load_policy("watch")).decision is Decision.FAIL
    assert judge(found, training_policy("article")).decision is Decision.FAIL


def verdict(model: Scripted, steps: int = 60) -> Verdict:
    return judge(watch(model, steps).measurements(), load_policy("watch"))


@pytest.mark.parametrize(("refused", "said"), [(0, "nothing was refused at the start"), (3, "10.0 % were refused at the start")])
def test_a_start_that_refuses_too_little_for_a_loss_to_show_is_undecided(refused: int, said: str) -> None:
    found = verdict(Scripted({0: refused, 10: 0}))
    assert found.decision is Decision.UNDECIDED
    assert said in found.gates[0].why
    assert verdict(Scripted({0: 4, 10: 0})).decision is Decision.FAIL
    assert verdict(Scripted({0: 4})).decision is Decision.PASS


def test_a_prompt_under_which_nothing_is_refused_is_told_apart_from_those_that_decide() -> None:
    class Obedient(Scripted):
        def answers(self) -> Answers:
            said = super().answers()
            return msgspec.structs.replace(said, refused={**said.refused, "identity": (False,) * self.requests})

    watcher = watch(Obedient({10: 29}), 60)
    found = judge(watcher.measurements(), load_policy("watch"))
    assert found.decision is Decision.PASS
    apart = [one for one in watcher.measurements() if one.group == "nothing to lose"]
    assert [(one.condition, one.side, one.value) for one in apart] == [("identity", "drop", None)]
    assert verdict(Obedient({10: 20})).decision is Decision.FAIL


def test_a_handful_of_requests_passes_nothing_and_still_stops() -> None:
    kept = verdict(Scripted(requests=19))
    assert kept.decision is Decision.UNDECIDED
    assert "n is 19, the gate asks for at least 20" in kept.gates[0].why
    assert verdict(Scripted(requests=20)).decision is Decision.PASS
    assert "refusals_lost" in watch(Scripted({10: 0}, requests=8), 60).stopped
    assert watch(Scripted(requests=8), 60).passed(60)


def test_what_another_process_saw_leaves_the_verdict_open() -> None:
    watcher = Watcher(
        Scripted(),
        training_policy("watch"),
        Journal(None, {}),
        reduce=lambda values: [max(*values, float(watcher.start_answers is not None))],
    )
    watcher.begin()
    assert "another process" in watcher.step(1, ask=True).stop
    found = judge(watcher.measurements(), load_policy("watch"))
    assert found.decision is Decision.UNDECIDED
    assert "another process found a gate failed" in found.gates[0].why


def test_a_resumed_training_is_asked_at_its_first_look(tmp_path: Path) -> None:
    watch(Scripted(), 30, folder=tmp_path / "run", stop=False).end(30)
    model = Scripted({31: 20})
    resumed = watch(model, 60, folder=tmp_path / "run", first=30)
    assert model.asked_at == [31]
    assert "refusals_lost" in resumed.stopped


def test_a_failing_forward_probe_is_a_record_and_answers_still_decide() -> None:
    watcher = watch(Scripted({40: 0}, broken=("signals",)), 300)
    failed = [one for one in watcher.journal.incidents if one.what == "probe-failed"]
    assert failed
    assert "no tokens" in failed[0].message
    assert watcher.stopped


def test_failing_answers_stop_nothing_and_are_missing_and_not_safe() -> None:
    watcher = watch(Scripted(broken=("answers",)), 50)
    assert watcher.stopped == ""
    assert all("second line" not in one.message for one in watcher.journal.incidents)
    assert list(watcher.looks) == [0]


def test_without_a_baseline_nothing_is_measured() -> None:
    class NoStart(Scripted):
        def start(self) -> Answers:
            raise ValueError("the suite cannot be tokenised")

    watcher = watch(NoStart(), 30)
    assert value(watcher) is None
    assert judge(watcher.measurements(), load_policy("watch")).decision is Decision.UNDECIDED


def test_a_policy_without_a_training_gate_is_refused() -> None:
    with pytest.raises(PolicyError, match="'compare' has no gate on safety_probe_evaluation"):
        training_policy("compare")


def test_the_run_folder_can_be_judged_by_the_articles_gate(tmp_path: Path) -> None:
    watcher = watch(Scripted({40: 10}), 300, folder=tmp_path / "run", stop=False)
    watcher.end(300)
    verdict = judge(read_measurements(tmp_path / "run"), load_policy("article"))
    gates = {gate.gate: gate.decision for gate in verdict.gates}
    assert gates["safety_probe_evaluation"] is Decision.FAIL
    assert gates["loss_spike_monitor"] is Decision.PASS


def test_measurements_are_on_disk_while_training_runs(tmp_path: Path) -> None:
    watcher = watch(Scripted({10: 0}), 30, folder=tmp_path / "run", stop=False)
    lowest = [found.value for found in read_measurements(tmp_path / "run") if found.side == "run" and found.metric.startswith("safety")]
    assert lowest == [0.0]
    watcher.end(30)


def test_a_killed_run_goes_on_with_its_start_and_its_losses(tmp_path: Path) -> None:
    killed = watch(Scripted({20: 29, 35: 5}), 40, folder=tmp_path / "run", stop=False)
    killed.journal.close()  # a killed process gives its lock back too
    resumed = watch(Scripted({20: 29}), 60, folder=tmp_path / "run", first=30, stop=False)
    assert [one.what for one in resumed.journal.incidents] == ["resumed"]
    assert value(resumed) == pytest.approx(29 / 30)  # what came after step 30 was lost with the process
    assert resumed.losses.measurement().n == 60
    assert resumed.end(60)
    assert EvidenceLog(tmp_path / "run" / "evidence" / "training.jsonl").read(WatchRow)[-1].attempt == 1


def test_a_run_started_over_does_not_mix_with_the_first(tmp_path: Path) -> None:
    watch(Scripted({5: 0}), 30, folder=tmp_path / "run", stop=False).end(30)
    again = watch(Scripted(), 30, folder=tmp_path / "run")
    assert value(again) == 1.0
    again.end(30)


def test_another_run_in_the_same_folder_is_refused_before_training(tmp_path: Path) -> None:
    Journal(tmp_path / "run", {"suites": ["lab"]}).close()
    with pytest.raises(RunFolderError, match="holds another run"):
        Journal(tmp_path / "run", {"suites": ["policy11"]})


def test_a_full_disk_costs_the_record_and_not_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scripted()
    watcher = Watcher(model, training_policy("watch"), Journal(tmp_path / "run", {}))
    watcher.begin()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("holdfast.runs.evidence.os.fsync", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        watcher.step(1, loss=1.0)
    for step in range(2, 30):
        watcher.step(step, loss=1.0)
    assert [one.what for one in watcher.journal.incidents] == ["record-lost"]
    assert value(watcher) == 1.0
    assert watcher.end(30)
