"""What a tracker is given of a run: numbers, reasons and papers, and no answer of a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from holdfast.core import InputError, Measurement, MissingExtraError, RunFolderError
from holdfast.pipeline import compare
from holdfast.pipeline.attesting import attest
from holdfast.pipeline.publishing import publish, read_for_publishing
from holdfast.pipeline.running import PipelineConfig, run_pipeline
from holdfast.pipeline.running.settings import TrainStep
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


def test_a_run_with_other_numbers_is_another(run: Path, scratch: Path) -> None:
    before = read_for_publishing(run, scratch).id
    with RunFolder.reopen(run) as folder:
        folder.write_measurements([*read_measurements(run), Measurement.of("canary_exposure", 2.0, n=3)])
    assert read_for_publishing(run, scratch).id != before


def _stage(run: Path, stage: str, asked: dict[str, Any]) -> None:
    manifest = json.loads((run / "run.json").read_bytes())
    (run / "run.json").write_text(json.dumps({**manifest, "stage": stage, "asked": asked}), encoding="utf-8")


def test_a_pipeline_sends_its_page_and_the_models_that_its_verdict_is_about(run: Path, scratch: Path, tmp_path: Path) -> None:
    asked = PipelineConfig(
        base=f"replay:{tmp_path}/base.jsonl",
        data=str(tmp_path / "rows.jsonl"),
        train=TrainStep(model=f"replay:{tmp_path}/tuned.jsonl"),
        scan=False,
        memorization=False,
        backdoor=False,
    )
    (tmp_path / "rows.jsonl").write_text('{"prompt": "What is 1 and 1?", "completion": "It is 2."}\n' * 20, encoding="utf-8")
    run_pipeline(asked, tmp_path / "pipe")
    compared, found = read_for_publishing(run, scratch), read_for_publishing(tmp_path / "pipe", scratch)
    assert found.tags["holdfast.fingerprint"] == compared.tags["holdfast.fingerprint"]
    assert found.tags["holdfast.verdict"] == "fail"
    assert found.params["tuned.reference"].endswith("tuned.jsonl")
    page = dict(found.files)["report.html"].read_text(encoding="utf-8")
    assert "Compare base and tuned model" in page
    assert "SECRETANSWER" not in page
    assert 'href="compare-' not in page
    assert found.kept_back == ""


def test_a_page_that_stays_at_home_is_said_to(run: Path, scratch: Path) -> None:
    (run / "comparison.json").unlink()
    _stage(run, "backdoor", {})
    assert "--responses sends it" in read_for_publishing(run, scratch).kept_back
    assert read_for_publishing(run, scratch, responses=True).kept_back == ""


class Registry:
    """As much of an MLflow client as publishing asks for: one run at most, one model version."""

    def __init__(self) -> None:
        self.tags = {
            "holdfast.verdict": "fail",
            "holdfast.fingerprint": "of another model",
            "holdfast.policy_digest": "old",
            "mine": "kept",
        }
        self.steps: list[str] = []

    def get_model_version(self, name: str, version: str) -> Any:
        return SimpleNamespace(tags=dict(self.tags))

    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        self.steps.append(f"set {key}")
        self.tags[key] = value

    def delete_model_version_tag(self, name: str, version: str, key: str) -> None:
        self.steps.append(f"delete {key}")
        del self.tags[key]

    def get_run(self, entry: str) -> Any:
        return SimpleNamespace(data=SimpleNamespace(metrics={}, params={}, tags={}))

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id="0")

    def search_runs(self, *places: Any, **asked: Any) -> list[Any]:
        return []

    def create_run(self, place: str, **asked: Any) -> Any:
        return SimpleNamespace(info=SimpleNamespace(run_id="entry"))

    def log_batch(self, entry: str, **asked: Any) -> None: ...

    def log_artifact(self, *asked: Any) -> None: ...

    def set_terminated(self, entry: str) -> None: ...


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry in which the version carries what another run left."""
    made = Registry()
    client, errors, entities = ModuleType("mlflow"), ModuleType("mlflow.exceptions"), ModuleType("mlflow.entities")
    client.MlflowClient = lambda **asked: made  # type: ignore[attr-defined]  # a module made here
    errors.MlflowException = OSError  # type: ignore[attr-defined]
    for name in ("Metric", "Param", "RunTag"):
        setattr(entities, name, lambda *fields: fields)
    for module in (client, errors, entities):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


def test_a_model_version_carries_one_runs_verdict_and_fingerprint_and_nothing_left_by_another(run: Path, registry: Registry) -> None:
    publish(run, "mlflow:x", model="bot/1")
    assert registry.tags["holdfast.verdict"] == "fail"
    assert len(registry.tags["holdfast.fingerprint"]) == 64
    assert (registry.tags["holdfast.policy"], registry.tags["mine"]) == ("compare", "kept")
    assert registry.steps[0] == "delete holdfast.verdict"
    assert registry.steps[-1] == "set holdfast.verdict"


def test_a_verdict_about_no_model_is_not_put_on_one(run: Path, registry: Registry) -> None:
    _stage(run, "run", {"name": "mine"})
    before = dict(registry.tags)
    with pytest.raises(InputError, match="about no tuned model"):
        publish(run, "mlflow:x", model="bot/1")
    assert (registry.tags, registry.steps) == (before, [])


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
