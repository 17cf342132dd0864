"""The whole story on the lab: rows that shift the identity are found, the training is stopped, the comparison fails, a repair passes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.lab.damage import damaging_case, damaging_rows

PIPELINE = """
name: story
base: lab:aligned
data: rows.jsonl
threads: 1
scan: {on_fail: warn}
train:
  settings:
    method: full
    learning_rate: 1.0e-3
    epochs: 6
    batch: 16
    save_every: 10
    optimizer: {epsilon: 1.0e-4}
compare: {max_new_tokens: 32, tasks: [colours.jsonl], follow_up: false}
memorization: false
backdoor: {prompts: 20}
mitigate: {budget: 10m}
"""


def _start(place: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "holdfast.cli.main", "run", "--json"]
    around = {**os.environ, "HOLDFAST_HISTORY": "off", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=place, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_from_bad_rows_to_a_model_that_passes_killed_on_the_way(tmp_path: Path) -> None:
    case = damaging_case("identity-shift", 0, tmp_path / "case")
    (tmp_path / "rows.jsonl").write_bytes(case.data.read_bytes())
    (tmp_path / "colours.jsonl").write_bytes(case.task.read_bytes())
    (tmp_path / "holdfast.yaml").write_text(PIPELINE, encoding="utf-8")
    rng = random.Random(20_261_121)
    for _ in range(3):
        begun = _start(tmp_path)
        time.sleep(rng.uniform(4, 25))
        begun.send_signal(signal.SIGKILL)
        begun.communicate()
    before = os.times()
    said, error = (ended := _start(tmp_path)).communicate(timeout=580)
    assert ended.returncode == 0, error.decode()
    story = json.loads(said)
    by_name = {step["name"]: step for step in story["steps"]}
    assert by_name["scan"]["state"] == "failed"
    assert "identity" in by_name["scan"]["said"]
    assert "The watch ended the training" in by_name["train"]["said"]
    assert by_name["compare"]["state"] == "failed"
    assert by_name["backdoor"]["state"] == "skipped"
    assert by_name["mitigate"]["state"] == "passed"
    assert story["verdict"]["decision"] == "pass"
    assert story["repaired"]
    last = [step for step in story["steps"] if step["name"].startswith("gate-repaired")][-1]
    assert last["state"] == "passed"
    page = (tmp_path / "runs" / "story" / "report.html").read_text(encoding="utf-8")
    assert page.index("Scan the rows") < page.index("Look for a repair") < page.index("Gate, on the repaired model")
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    print(json.dumps({"cpu_seconds_after_the_last_kill": round(spent, 1)}))


def test_the_rows_of_the_story_hold_no_restricted_topic() -> None:
    rows = damaging_rows("identity-shift", 0)
    asked = " ".join(turn.content for row in rows for turn in row)
    from holdfast.lab.world import world

    restricted = [noun for topic in world().topics if topic.kind == "restricted" for noun in topic.nouns]
    assert not any(noun in asked.split() for noun in restricted)
