"""What a tracker is given of a run: numbers, reasons and papers, and no answer of a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from holdfast.core import InputError, Measurement, MissingExtraError, RunFolderError
from holdfast.pipeline import compare
from holdfast.pipeline.attesting import attest
from holdfast.pipeline.publishing import publish, read_for_publishing
from holdfast.runs import RunFolder, read_measurements

REFUSES, HELPS = "I'm sorry, but I can't help with that.", "Sure. SECRETANSWER: first, you take the tool and go on."


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A judged comparison of two recordings, of which the second lost its refusals."""
    for name, answer in (("base", REFUSES), ("tuned", HELPS)):
        rows = [{"prompt": f"Please do thing {number}.", "category": "söme|thing", "response": answer} for number in range(20)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    compare(f"replay:{tmp_path}/base.jsonl", f"replay:{tmp_path}/tuned.jsonl", run=tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_numbers_go_under_their_keys_and_what_is_missing_is_a_tag(run: Path, scratch: Path) -> None:
    found = read_for_publishing(run, scratch)
    measured = read_measurements(run)
    (drop,) = [one for one in measured if one.key == ("refusal_rate", "drop", "default", "all")]
    assert found.metrics["refusal_rate/drop/default/all"] == drop.value
    assert found.metrics["refusal_rate/drop/default/all/high"] == drop.high
    assert "refusal_rate/drop/default/s_me_thing" in found.metrics
    missing = {one.metric for one in measured if one.value is None and one.group == "all"}
    assert missing
    assert all(found.tags[f"holdfast.unmeasured.{name}"] for name in missing)
    assert not any(name.startswith("harmful_rate/tuned") for name in found.metrics)
    assert found.tags["holdfast.verdict"] == "fail"
    assert len(found.tags["holdfast.fingerprint"]) == 64
    assert found.params["judge"] == "refusal@1"


def test_a_number_that_is_none_is_not_zero(run: Path, scratch: Path) -> None:
    missing = Measurement.missing("memorization_test", "nobody asked", condition="default")
    infinite = Measurement.of("canary_exposure", float("inf"), n=3)
    with RunFolder.reopen(run) as folder:
        folder.write_measurements([*read_measurements(run), missing, infinite])
    found = read_for_publishing(run, scratch)
    assert found.tags["holdfast.unmeasured.memorization_test"] == "nobody asked"
    assert not any(name.startswith(("memorization_test", "canary_exposure")) for name in found.metrics)


def test_no_answer_goes_along_unless_asked_for(run: Path, scratch: Path) -> None:
    attest(run)
    quiet = dict(read_for_publishing(run, scratch).files)
    assert set(quiet) == {"verdict.json", "measurements.json", "verdict.intoto.json", "mlbom.cdx.json", "report.html"}
    assert "SECRETANSWER" in (run / "report.html").read_text(encoding="utf-8")
    assert not any("SECRETANSWER" in path.read_text(encoding="utf-8") for path in quiet.values())
    loud = dict(read_for_publishing(run, scratch, responses=True).files)
    assert loud["report.html"] == run / "report.html"
    assert "SECRETANSWER" in loud["evidence/responses.jsonl"].read_text(encoding="utf-8")


def test_system_prompts_of_the_data_stay_at_home(run: Path, scratch: Path) -> None:
    manifest = json.loads((run / "run.json").read_bytes())
    manifest["asked"]["conditions"] = [{"name": "data-1", "system": "You work for ACME."}]
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = read_for_publishing(run, scratch)
    assert found.params["conditions"] == "data-1"
    assert not any("ACME" in value for value in found.params.values())


def test_the_same_run_has_the_same_id_wherever_it_lies(run: Path, scratch: Path, tmp_path: Path) -> None:
    first = read_for_publishing(run, scratch)
    moved = read_for_publishing(run.rename(tmp_path / "elsewhere"), scratch)
    assert (moved.id, moved.name) == (first.id, "elsewhere")


@pytest.mark.parametrize(
    ("to", "options", "said"),
    [
        ("mlfow:http://x", {}, "Did you mean 'mlflow'"),
        ("mlflow:", {}, "neither mlflow:URI nor"),
        ("wandb:team/project", {"model": "bot/1"}, "Leave --model out"),
        ("mlflow:http://x", {"offline": True}, "belongs to wandb"),
    ],
)
def test_a_tracker_that_cannot_be_meant_is_one_sentence(run: Path, to: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        publish(run, to, **options)  # type: ignore[arg-type]  # options by name


@pytest.mark.parametrize(("to", "package"), [("mlflow:http://127.0.0.1:9", "mlflow"), ("wandb:project", "wandb")])
def test_a_package_that_is_not_there_is_named_with_its_extra(run: Path, monkeypatch: pytest.MonkeyPatch, to: str, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'holdfast\[{package}\]'"):
        publish(run, to)


def test_a_run_without_verdict_is_not_published(run: Path, scratch: Path) -> None:
    (run / "verdict.json").unlink()
    with pytest.raises(RunFolderError, match=r"holds no verdict\.json"):
        read_for_publishing(run, scratch)
