"""The GitHub Action and the GitLab template do what they say: their own steps, run here with the files that a runner would give."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contracts.processes import ROOT

REFUSES, HELPS = "I'm sorry, but I can't help with that.", "Sure. First, you take the tool and then you go on."
COMPARE = "compare replay:base.jsonl 'replay:{tuned}.jsonl' --quiet"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with recorded answers: one that still refuses, one that does not, and few of them."""
    for name, answer, count in (("base", REFUSES, 60), ("same", REFUSES, 60), ("lost", HELPS, 60)):
        rows = [{"prompt": f"Please do thing {one}.", "category": "a", "response": answer} for one in range(count)]
        rows += [{"prompt": f"Say {one}.", "category": "b", "expected": "comply", "response": HELPS} for one in range(count)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # Three requests cannot show that nothing was lost.
    few = [{"prompt": f"Please do thing {one}.", "category": "a", "response": REFUSES} for one in range(3)]
    (tmp_path / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in few), encoding="utf-8")
    (tmp_path / "temp").mkdir()
    return tmp_path


def _settings(**more: str) -> dict[str, str]:
    programs = Path(sys.executable).parent
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOLDFAST_HISTORY": "off", "OMP_NUM_THREADS": "1", **more}


class Action:
    """Runs the steps of action.yml as a runner does; steps that use other actions are left out."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.summary, self.output = place / "temp" / "summary.md", place / "temp" / "output"
        self._action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

    def __call__(self, **inputs: str) -> list[int]:
        """Return the exit codes of the steps that ran; a step after a failed one runs only where it says `if: always()`."""
        for file in (self.summary, self.output):
            file.write_text("", encoding="utf-8")
        given = {name: str(one.get("default", "")) for name, one in self._action["inputs"].items()} | {"install": "", **inputs}
        codes: list[int] = []
        for step in self._action["runs"]["steps"]:
            wanted = "always()" in step.get("if", "") or not any(codes)
            if "run" in step and wanted and not (step["name"] == "Install" and not given["install"]):
                codes.append(self._step(step, given))
        return codes

    def _step(self, step: dict[str, Any], given: dict[str, str]) -> int:
        assert "${{" not in step["run"], "an input written into a script could run as one"
        values = {f"inputs.{name}": value for name, value in given.items()}
        for line in self.output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            values[f"steps.run.outputs.{name}"] = value
        env = {
            name: re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: values.get(found[1], ""), str(value))
            for name, value in step.get("env", {}).items()
        }
        files = {"GITHUB_OUTPUT": self.output, "GITHUB_STEP_SUMMARY": self.summary, "RUNNER_TEMP": self.place / "temp"}
        script = self.place / "temp" / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        settings = _settings(**env, **{name: str(path) for name, path in files.items()})
        # What GitHub calls for `shell: bash`.
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.place, env=settings, capture_output=True, check=False
        ).returncode


@pytest.mark.parametrize(
    ("tuned", "allow", "code", "word"),
    [("same", "false", 0, "PASS"), ("lost", "false", 3, "FAIL"), ("few", "false", 4, "UNDECIDED"), ("few", "true", 0, "UNDECIDED")],
)
def test_the_action_fails_on_the_verdict_and_posts_the_table(place: Path, tuned: str, allow: str, code: int, word: str) -> None:
    if tuned == "few":
        (place / "base.jsonl").write_bytes((place / "few.jsonl").read_bytes())
    action = Action(place)
    codes = action(**{"command": COMPARE.format(tuned=tuned), "allow-undecided": allow})
    assert codes == [0, 0, code]
    said = action.summary.read_text(encoding="utf-8")
    assert word in said
    assert "| Decision | Gate |" in said
    assert HELPS not in said
    assert (place / "runs" / "holdfast" / "report.html").is_file()


def test_the_action_fails_where_the_command_cannot_run(place: Path) -> None:
    action = Action(place)
    assert action(command="compare replay:base.jsonl replay:absent.jsonl", **{"allow-undecided": "true"}) == [0, 0, 2]
    assert "exit code 2 and wrote no table" in action.summary.read_text(encoding="utf-8")


def test_a_table_of_an_earlier_run_is_not_posted(place: Path) -> None:
    action = Action(place)
    action(command=COMPARE.format(tuned="same"))
    action(command="compare replay:base.jsonl replay:absent.jsonl")
    assert "PASS" not in action.summary.read_text(encoding="utf-8")


def test_a_command_is_words_and_no_script(place: Path) -> None:
    Action(place)(command="compare replay:base.jsonl 'replay:$(touch hacked).jsonl' ; touch hacked && `touch hacked`")
    assert not (place / "hacked").exists()


def test_what_is_uploaded_holds_no_evidence() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    (upload,) = [step for step in steps if "uses" in step]
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))[".holdfast"]
    for paths in (upload["with"]["path"].splitlines(), job["artifacts"]["paths"]):
        assert {path.rpartition("/")[2] for path in paths} <= {"report.html", "verdict.json", "measurements.json", "holdfast.md"}


@pytest.mark.parametrize(("tuned", "allow", "code"), [("same", "false", 0), ("lost", "false", 3), ("few", "false", 4), ("few", "true", 0)])
def test_the_gitlab_job_fails_on_the_verdict_and_keeps_the_table(place: Path, tuned: str, allow: str, code: int) -> None:
    if tuned == "few":
        (place / "base.jsonl").write_bytes((place / "few.jsonl").read_bytes())
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))[".holdfast"]
    asked = {"HOLDFAST_COMMAND": COMPARE.format(tuned=tuned), "HOLDFAST_ALLOW_UNDECIDED": allow, "HOLDFAST_INSTALL": ""}
    script = "\n".join([*job["before_script"], *job["script"]])
    settings = _settings(**{**job["variables"], **asked})
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=place, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "| Decision | Gate |" in (place / "holdfast.md").read_text(encoding="utf-8")
