"""Must show 1 of issue B: the lab's organisms behind a real server, `transformers serve`, compared through `openai:`."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.compare import CompareSpec
from holdfast.core import Decision, ModelError
from holdfast.lab import organism
from holdfast.pipeline import ComparisonResult, compare_and_judge
from holdfast.plugins import MeasuresServer, ModelOptions, Sampling, open_models

pytestmark = [pytest.mark.server, pytest.mark.slow]

READY_SECONDS = 120
NEW_TOKENS = 32


class Server:
    """`transformers serve FOLDER` on loopback."""

    def __init__(self, folder: str, log: Path) -> None:
        self.folder, self._log = folder, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def reference(self) -> str:
        return f"openai:{self.folder}@http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        program = Path(sys.executable).with_name("transformers")
        command = [str(program), "serve", self.folder, "--device", "cpu", "--host", "127.0.0.1", "--port", str(self.port)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        for _ in range(READY_SECONDS * 5):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                assert self.process.poll() is None, self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                time.sleep(0.2)
        raise AssertionError(f"the server was not ready within {READY_SECONDS} seconds")

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    if importlib.util.find_spec("uvicorn") is None or shutil.which("transformers", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("transformers serve is not installed (pip install 'transformers[serving]')")
    logs = tmp_path_factory.mktemp("servers")
    pair = tuple(Server(organism(name).reference, logs / f"{name}.log") for name in ("aligned", "compliant-10"))
    try:
        for server in pair:
            server.start()
        yield pair[0], pair[1]
    finally:
        for server in pair:
            server.end()


def compared(base: str, tuned: str, run: Path, **options: object) -> ComparisonResult:
    models = ModelOptions(batch_rows=8, concurrency=4, **options)  # type: ignore[arg-type]  # any option
    sampling = Sampling(max_new_tokens=NEW_TOKENS)
    spec = CompareSpec(base=base, tuned=tuned, suites=("lab",), limit=1, follow_up=False, sampling=sampling, models=models)
    return compare_and_judge(spec, run)


def answers(run: Path) -> dict[tuple[str, ...], str]:
    rows = [json.loads(line) for line in (run / "evidence" / "responses.jsonl").read_text(encoding="utf-8").splitlines()]
    return {(row["side"], row["condition"], row["prompt_id"]): row["text"] for row in rows}


def test_the_verdict_through_a_server_is_the_one_of_the_models_themselves(servers: tuple[Server, Server], tmp_path: Path) -> None:
    base, tuned = servers
    here = compared(base.folder, tuned.folder, tmp_path / "here")
    served = compared(base.reference, tuned.reference, tmp_path / "served")
    assert here.verdict.decision is Decision.FAIL
    assert [(gate.gate, gate.decision) for gate in served.verdict.gates] == [(gate.gate, gate.decision) for gate in here.verdict.gates]
    assert answers(tmp_path / "served") == answers(tmp_path / "here")


def test_what_this_server_does_is_measured(servers: tuple[Server, Server]) -> None:
    (engine,) = open_models([servers[0].reference], ModelOptions())
    try:
        assert isinstance(engine, MeasuresServer)
        found = {check.name: check.state for check in engine.measure_server()}
    finally:
        engine.close()
    expected = {
        "answers": "works",
        "max tokens": "works",
        "usage": "works",
        "system prompt": "works",
        "begun answer": "ignored",
        "log probabilities": "ignored",
        "echo": "ignored",
        "completions": "works",
        "repeatable": "works",
        "temperature": "ignored",
    }
    assert {name: found[name] for name in expected} == expected


def test_sampling_that_this_server_does_not_do_is_refused(servers: tuple[Server, Server], tmp_path: Path) -> None:
    sampling = Sampling(temperature=0.7, max_new_tokens=8)
    spec = CompareSpec(base=servers[0].reference, tuned=servers[1].reference, suites=("lab",), limit=1, sampling=sampling)
    with pytest.raises(ModelError, match="temperature ignored"):
        compare_and_judge(spec, tmp_path / "run")


def test_a_server_killed_in_the_middle_leaves_a_run_that_goes_on(servers: tuple[Server, Server], tmp_path: Path) -> None:
    base, tuned = servers
    whole = compared(base.reference, tuned.reference, tmp_path / "whole")

    def progress(what: str, done: int, total: int) -> None:
        if what == "tuned answers" and 0 < done < total:
            tuned.end(signal.SIGKILL)

    models = ModelOptions(batch_rows=8, concurrency=4, retries=1)
    sampling = Sampling(max_new_tokens=NEW_TOKENS)
    spec = CompareSpec(
        base=base.reference, tuned=tuned.reference, suites=("lab",), limit=1, follow_up=False, sampling=sampling, models=models
    )
    cut = compare_and_judge(spec, tmp_path / "cut", progress=progress)
    total = cut.measurement("unscored_share", side="tuned").n
    kept = sum(side == "tuned" for side, _, _ in answers(tmp_path / "cut"))
    asked = sum(side == "tuned" for side, _, _ in answers(tmp_path / "whole"))
    assert kept == 8
    assert cut.verdict.decision is not Decision.PASS
    lost = sum((cut.measurement("unscored_share", side="tuned", condition=name).value or 0.0) * total for name in ("default", "identity"))
    assert round(lost) == asked - kept
    tuned.start()
    resumed = compare_and_judge(spec, tmp_path / "cut")
    assert resumed.verdict == whole.verdict
    for name in ("evidence/responses.jsonl", "evidence/grades.jsonl", "measurements.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
