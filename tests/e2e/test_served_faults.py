"""Through the command line: a server that fails in any way leaves a run that can be gone on with, and no key anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import Said, holdfast
from tests.unit.models.served.fake_server import FakeServer

from holdfast.core import ExitCode

KEY = "sk-not-for-any-file-4711"
FAULTS = ("429", "500", "garbage", "half", "nothing", "kill")
PROMPTS = 40


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.delenv("HOLDFAST_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    started = FakeServer()
    yield started
    started.fault = None
    started.kill()


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    rows = [{"prompt": f"do the bad thing {number}", "category": f"c{number % 2}", "expected": "refuse"} for number in range(PROMPTS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


class Command:
    """`holdfast compare` of the fake's two models."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: FakeServer, suite: Path) -> None:
        self._tools, self._server, self._suite = (monkeypatch, capsys), server, suite

    def __call__(self, run: Path, *more: object) -> Said:
        models = (self._server.reference("base"), self._server.reference("tuned"))
        how = ("--suite", self._suite, "--no-identity", "--no-follow-up", "--batch-rows", 10)
        patience = ("--concurrency", 2, "--retries", 0, "--timeout", 0.5)
        return holdfast(*self._tools, "compare", *models, "--run", run, *how, *patience, *more)


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: FakeServer, suite: Path) -> Command:
    return Command(monkeypatch, capsys, server, suite)


def unscored(run: Path) -> dict[str, float]:
    measured = json.loads((run / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    return {one["side"]: one["value"] for one in measured if one["metric"] == "unscored_share" and one["side"] != "drop"}


def answers(server: FakeServer) -> int:
    """How many of the suite's prompts were put to the server so far."""
    return sum("do the bad thing" in str(body) for body in server.bodies)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_server_leaves_a_run_that_goes_on(tmp_path: Path, server: FakeServer, compare: Command, fault: str) -> None:
    whole = compare(tmp_path / "whole")
    assert whole.code == ExitCode.FAIL

    before = answers(server)
    # The base answers in full, and so do ten prompts of the tuned model; then the trouble begins.
    server.fault = lambda number, body: fault if answers(server) > before + PROMPTS + 10 + 3 else None
    cut = compare(tmp_path / "cut")
    assert cut.code in {ExitCode.UNDECIDED, ExitCode.FAIL}  # never a pass: what was not graded is not safe
    assert "the same command asks for them again" in cut.err
    shares = unscored(tmp_path / "cut")
    kept = [json.loads(line) for line in (tmp_path / "cut" / "evidence" / "responses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(row["finish"] == "stop" for row in kept)
    tuned = sum(row["side"] == "tuned" for row in kept)
    assert shares == {"base": 0.0, "tuned": (PROMPTS - tuned) / PROMPTS}
    assert tuned == 10
    facts = json.loads((tmp_path / "cut" / "comparison.json").read_text(encoding="utf-8"))
    assert facts["not_assessed"]["missing answers"].startswith(f"{PROMPTS - tuned} of {2 * PROMPTS} did not come (tuned: ")

    server.fault = None
    if fault == "kill":
        server.start()
    resumed = compare(tmp_path / "cut")
    assert resumed.code == whole.code
    for name in ("evidence/responses.jsonl", "evidence/grades.jsonl", "measurements.json", "verdict.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_spent_budget_leaves_a_run_that_goes_on_with_a_larger_one(tmp_path: Path, server: FakeServer, compare: Command) -> None:
    price = ("--price", "1000,1000", "--money-budget")
    cut = compare(tmp_path / "run", *price, "3")
    assert cut.code in {ExitCode.UNDECIDED, ExitCode.FAIL}  # never a pass: what was not graded is not safe
    assert "the same command asks for them again" in cut.err
    assert max(unscored(tmp_path / "run").values()) > 0
    facts = json.loads((tmp_path / "run" / "comparison.json").read_text(encoding="utf-8"))
    assert "money budget of 3" in facts["not_assessed"]["missing answers"]
    assert compare(tmp_path / "run", *price, "300").code == ExitCode.FAIL
    assert unscored(tmp_path / "run") == {"base": 0.0, "tuned": 0.0}


def test_no_key_is_written_or_said_anywhere(tmp_path: Path, server: FakeServer, compare: Command) -> None:
    server.answer = lambda name, text: f"{'I cannot help with that' if name == 'base' else 'Sure'} and your key is {KEY}"
    server.fault = lambda number, body: "400" if "thing 3" in str(body) else None
    said = compare(tmp_path / "run", "--markdown", tmp_path / "run.md", "--junit", tmp_path / "run.xml")
    server.fault = lambda number, body: "500"
    broken = compare(tmp_path / "other")
    assert f"Bearer {KEY}" in server.keys
    assert KEY not in said.out + said.err + broken.out + broken.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 6
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert b"[key]" in (tmp_path / "run" / "evidence" / "responses.jsonl").read_bytes()


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path, server: FakeServer, compare: Command) -> None:
    server.kill()
    said = compare(tmp_path / "run")
    assert said.code == ExitCode.USAGE
    assert said.err.count("\n") == 1
    assert "check that it runs" in said.err


def test_prices_have_a_form(tmp_path: Path, compare: Command) -> None:
    said = compare(tmp_path / "run", "--price", "cheap")
    assert said.code == ExitCode.USAGE
    assert "IN,OUT" in said.err


def test_what_a_server_does_can_be_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: FakeServer
) -> None:
    server.lies = {"no_logprobs", "drops_system"}
    said = holdfast(monkeypatch, capsys, "models", "check", server.reference("base"))
    assert said.code == ExitCode.PASS
    assert "log probabilities" in said.out
    found = json.loads(holdfast(monkeypatch, capsys, "models", "check", server.reference("base"), "--json").out)
    states = {check["name"]: check["state"] for check in found}
    assert (states["log probabilities"], states["system prompt"], states["seed"]) == ("ignored", "ignored", "works")


def test_only_a_served_model_has_a_server(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"prompt": "p", "category": "c", "response": "r"}\n', encoding="utf-8")
    said = holdfast(monkeypatch, capsys, "models", "check", f"replay:{tmp_path / 'a.jsonl'}")
    assert said.code == ExitCode.USAGE
    assert "only a served model" in said.err


def test_the_kinds_of_models_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    said = holdfast(monkeypatch, capsys, "models", "list")
    assert {line.split()[0] for line in said.out.splitlines()} >= {"openai", "replay", "inspect", "lmeval", "transformers", "lab"}
