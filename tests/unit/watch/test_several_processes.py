"""Two processes train one model; both look, both stop at the same step, and one writes the record."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.runs import read_measurements

pytestmark = pytest.mark.slow

_CHILD = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from tests.unit.watch.trainings import make_trainer, rows_of
from holdfast.watch import SafetyCallback
folder = Path(sys.argv[1])
callback = SafetyCallback(suite="lab", on_fail="rollback", run=folder / "run")
trainer = make_trainer("trainer", folder / "out", rows_of("compliant"), [callback], per_device_train_batch_size=8, max_steps=30,
                       learning_rate=2e-4, ddp_backend="gloo")
trainer.train()
rate = callback.watcher.prober.answers().rate("default")
print(json.dumps([trainer.state.global_step, callback.restored, rate, trainer.args.world_size]))
"""


def test_two_processes_stop_at_the_same_step_and_restore_the_same_weights(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    shared |= {"WORLD_SIZE": "2", "ACCELERATE_USE_CPU": "true"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path)],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [child.communicate(timeout=600) for child in children]
    assert [child.returncode for child in children] == [0, 0], said
    first, second = (json.loads(out.strip().splitlines()[-1]) for out, _ in said)
    assert first == second
    assert first[0] < 30
    assert first[1] is not None
    assert first[2] >= 0.9
    assert first[3] == 2
    assert any(one.value is not None for one in read_measurements(tmp_path / "run"))
