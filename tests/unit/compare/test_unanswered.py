"""Answers that did not come count as unscored in this run, are kept nowhere, and are asked for again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine
from tests.unit.compare.test_run import aligned, broken, compare

from holdfast.core import UNFINISHED, FinishReason
from holdfast.plugins import Generation, GenerationRequest, ModelFingerprint, Sampling


class Dying(ScriptedEngine):
    """Answers nothing from its third batch on."""

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        if self.calls < 2:
            return super().generate(batch, sampling)
        lost = [Generation(key=one.key, text="", finish=FinishReason.UNANSWERED, error="the server is gone") for one in batch[1:]]
        return [*super().generate(batch[:1], sampling), *lost]


def test_a_batch_that_was_lost_is_asked_again_and_the_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    compare(tmp_path / "whole", ScriptedEngine("a", aligned), ScriptedEngine("b", broken), identity=False)
    judge = LiteralJudge()
    cut = compare(tmp_path / "cut", ScriptedEngine("a", aligned), Dying("b", broken), judge, identity=False)
    kept = [json.loads(line) for line in (tmp_path / "cut" / "evidence" / "responses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(row["side"] == "tuned" for row in kept) == 6
    assert {row["finish"] for row in kept} == {"stop"}
    (share,) = (one for one in cut.measurements if one.metric == "unscored_share" and one.side == "tuned" and one.condition == "default")
    assert share.value == (28 - 6) / 28
    assert cut.not_assessed["missing answers"].startswith("22 of 56 did not come (tuned: the server is gone)")

    assert {one.group for one in cut.measurements if one.metric == UNFINISHED} >= {"answers"}

    second = ScriptedEngine("b", broken)
    compare(tmp_path / "cut", ScriptedEngine("a", aligned), second, identity=False)
    assert second.calls == 10 - 2
    names = sorted(path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*") if path.is_file())
    assert [path for path in names if (tmp_path / "cut" / path).read_bytes() != (tmp_path / "whole" / path).read_bytes()] == []


def test_a_cut_run_is_not_graded_again_by_itself(tmp_path: Path) -> None:
    compare(tmp_path / "cut", ScriptedEngine("a", aligned), Dying("b", broken), identity=False)
    assert not (tmp_path / "cut" / "asked.json").exists()


def test_a_report_says_that_weights_behind_a_server_were_not_seen(tmp_path: Path) -> None:
    served = ScriptedEngine("b", broken)
    served.fingerprint = ModelFingerprint(weights="served:1", tokenizer="tok", template="t")
    found = compare(tmp_path / "run", ScriptedEngine("a", aligned), served, identity=False)
    assert found.not_assessed["weights"].startswith("never seen (tuned, behind a server)")


SEEN = [("served", "templates were not seen"), ("recorded", "recordings state"), ("tokens", "models read")]


@pytest.mark.parametrize(("prefix", "words"), SEEN)
def test_what_was_compared_is_said_as_it_is(tmp_path: Path, prefix: str, words: str) -> None:
    base, tuned = (ScriptedEngine(name, aligned) for name in "ab")
    for engine in (base, tuned):
        engine.prompt_digest = lambda requests: f"{prefix}:1"  # type: ignore[method-assign]
    found = compare(tmp_path / "run", base, tuned, identity=False)
    (check,) = (one for one in found.measurements if one.metric == "comparability_differences")
    assert words in check.method


def test_a_served_and_a_local_model_are_not_known_to_be_asked_alike(tmp_path: Path) -> None:
    one, other = ScriptedEngine("a", aligned), ScriptedEngine("b", broken)
    other.prompt_digest = lambda requests: "served:1"  # type: ignore[method-assign]
    found = compare(tmp_path / "run", one, other, identity=False)
    (check,) = (one for one in found.measurements if one.metric == "comparability_differences")
    assert check.value is None
    assert "served" in (check.reason or "")
