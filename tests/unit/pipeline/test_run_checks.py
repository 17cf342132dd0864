"""A mistake in any setting of a pipeline file is named before its first step."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from holdfast.core import InputError
from holdfast.pipeline.running import PipelineConfig, run_pipeline
from holdfast.pipeline.running.checking import check


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with training rows."""
    monkeypatch.chdir(tmp_path)
    rows = [{"prompt": f"What is {number} and 1?", "completion": f"It is {number + 1}."} for number in range(9)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def pipeline(**changes: object) -> PipelineConfig:
    return msgspec.convert({"base": "lab:aligned", "data": "rows.jsonl", "train": {"command": "touch TRAINED"}, **changes}, PipelineConfig)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compare": {"suites": ["polcy11"]}}, r"compare\.suites: .*polcy11.*policy11"),
        ({"compare": {"judge": "refusl"}}, r"compare\.judge: .*refusl.*refusal"),
        ({"compare": {"judge": "rubrik=lab:aligned"}}, r"compare\.judge: .*rubrik"),
        ({"compare": {"judge": "rubric"}}, r"compare\.judge: .*needs a model"),
        ({"compare": {"policy": "compar"}}, r"compare\.policy: .*compar"),
        ({"compare": {"ledger": "none.json"}}, r"compare\.ledger: .*none\.json"),
        ({"compare": {"tasks": ["none.jsonl"]}}, r"compare\.tasks: .*none\.jsonl"),
        ({"compare": {"held_out": ["none.jsonl"]}}, r"compare\.held_out: .*none\.jsonl"),
        ({"compare": {"max_new_tokens": 0}}, r"compare\.max_new_tokens: expected a whole number from 1, got 0"),
        ({"compare": {"limit": 0}}, r"compare\.limit: expected a whole number from 1, got 0"),
        ({"memorization": {"rows": 0}}, r"memorization\.rows: expected a whole number from 1, got 0"),
        ({"memorization": {"canaries": "none.json"}}, r"memorization\.canaries: .*none\.json"),
        ({"memorization": {"held_out": "none.jsonl"}}, r"memorization\.held_out: .*none\.jsonl"),
        ({"backdoor": {"prompts": 0}}, r"backdoor\.prompts: expected a whole number from 1, got 0"),
        ({"backdoor": {"triggers": "none.txt"}}, r"backdoor\.triggers: .*none\.txt"),
        ({"mitigate": {"budget": "soon"}}, r"mitigate\.budget: .*soon"),
        ({"mitigate": {"only": ["scael"]}}, r"mitigate\.only: .*scael.*scale"),
        ({"mitigate": {"attempts": 0}}, r"mitigate\.attempts: expected a whole number from 1, got 0"),
        ({"mitigate": {"safety": "none.jsonl"}}, r"mitigate\.safety: .*none\.jsonl"),
        ({"mix": {"safety": "none"}}, r"mix\.safety: .*none"),
        ({"mix": {"share": 1.5}}, r"mix\.share: .*1\.5"),
        ({"scan": {"policy": "dat"}}, r"scan\.policy: .*dat"),
        ({"gate": {"policy": "none"}}, r"gate\.policy: .*none"),
        ({"threads": 0}, r"threads: expected a whole number from 1, got 0"),
        ({"languages": ["xx"]}, r"languages: .*'xx'"),
    ],
)
def test_a_mistake_in_a_late_setting_is_named_before_anything_is_trained(place: Path, changes: dict[str, object], said: str) -> None:
    config = pipeline(**changes)
    with pytest.raises(InputError, match=f"^{said}"):
        run_pipeline(config, place / "run")
    assert not (place / "TRAINED").exists()
    assert not (place / "run").exists()


@pytest.mark.parametrize("languages", [["en", "zh"], ["x-lab"]])
def test_languages_that_are_known_may_be_asked(place: Path, languages: list[str]) -> None:
    check(pipeline(languages=languages))
