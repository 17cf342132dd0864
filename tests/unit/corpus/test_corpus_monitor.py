"""Looking at checkpoints: order, resumption, what is kept, and what is said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from math import log, log2
from pathlib import Path

import pytest

from holdfast.canaries import Canary, CanaryManifest, read_manifest
from holdfast.core import InputError, RunFolderError
from holdfast.corpus.monitor import CanaryMonitor
from holdfast.corpus.monitor_checkpoints import find_checkpoints, incomplete
from holdfast.corpus.monitor_facts import CanaryMonitoring, MonitorSpec
from holdfast.corpus.monitor_null import AlarmRule
from holdfast.corpus.planting import plan_canaries
from holdfast.corpus.spec import CanarySettings
from holdfast.plugins import Capabilities, ModelFingerprint, ModelOptions, ScoreRequest, ScoreResult
from holdfast.runs import Manifest, RunFolder

SETTINGS = CanarySettings(formats=("digits",), repetitions=(1, 16), per_repetition=4, controls=6, references=300, seed=7)


class RemembersSome:
    """A model whose losses are noise, less what its checkpoint says it remembers per doubling of the copies."""

    capabilities = Capabilities(scores=True)

    def __init__(self, folder: Path, canaries: Sequence[Canary]) -> None:
        self.reference = str(folder)
        self.bits = json.loads((folder / "config.json").read_text(encoding="utf-8"))["bits"]
        weights = sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        self.fingerprint = ModelFingerprint(weights=weights, tokenizer="t", template="t")
        self.knows = True
        self.planted = {canary.text: log2(canary.repetitions + 1) for canary in canaries}

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        results = []
        for request in requests:
            assert request.raw
            texts = [request.messages[0].content + text for text in request.continuations]
            texts = texts if self.knows else [request.messages[0].content] * len(texts)
            noise = [int.from_bytes(sha256(text.encode()).digest()[:6], "big") / 2**48 for text in texts]
            bits = [20 + 10 * drawn - self.bits * self.planted.get(text, 0.0) for text, drawn in zip(texts, noise, strict=True)]
            results.append(ScoreResult(log_probs=tuple(-one * log(2) for one in bits), tokens=tuple(9 for _ in bits)))
        return results

    def close(self) -> None:
        """Nothing to free."""


class Lab:
    """A training run's folder, its manifest, and a monitor over it."""

    def __init__(self, folder: Path, *, bits: Sequence[float] = (0.0, 0.0, 4.0), rule: AlarmRule | None = None) -> None:
        self.folder, self.opened, self.tokenizer_knows = folder, 0, True
        self.training = folder / "training"
        plan_canaries(SETTINGS, [50], folder / "canaries.json")
        self.manifest: CanaryManifest = read_manifest(folder / "canaries.json")
        self.rule = rule or AlarmRule(permutations=9_999)
        for number, value in enumerate(bits, 1):
            self.checkpoint(100 * number, value)

    def checkpoint(self, step: int, bits: float) -> Path:
        folder = self.training / f"checkpoint-{step}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"bits": bits}), encoding="utf-8")
        (folder / "model.safetensors").write_bytes(f"{step} {bits}".encode())
        return folder

    def open(self, references: Sequence[str], options: ModelOptions) -> list[RemembersSome]:
        self.opened += len(references)
        models = [RemembersSome(Path(one), self.manifest.canaries) for one in references]
        for model in models:
            model.knows = self.tokenizer_knows
        return models

    def look(self, *, most: int | None = None) -> CanaryMonitoring:
        spec = MonitorSpec(checkpoints=(str(self.training),), canaries=self.folder / "canaries.json", rule=self.rule)
        asked = Manifest(stage="canary monitor", holdfast="0", command="", seed=0, asked={})
        with RunFolder(self.folder / "run", asked) as run:
            monitor = CanaryMonitor(spec, run, command="", version="0", progress=lambda *told: None, opener=self.open)  # type: ignore[arg-type]
            for checkpoint in monitor.waiting()[:most]:
                monitor.look(checkpoint)
            return monitor.conclude()


def test_the_alarm_comes_with_the_checkpoint_that_remembers(tmp_path: Path) -> None:
    found = Lab(tmp_path).look()
    assert (found.outcome, found.alarm_step) == ("alarm", 300)
    assert [look.alarm for look in found.looks] == [False, False, True]
    last = found.looks[-1]
    assert last.stands_out == 16
    assert {group.copies: group.n for group in last.groups} == {1: 4, 16: 4}
    many = last.groups[-1]
    assert many.bits > (many.line or 0) > 1.4
    assert many.low <= many.bits <= many.high
    assert last.controls.n == 6
    assert {(one.metric, one.group) for one in found.measurements} >= {("canary_exposure", "x16"), ("canary_exposed_share", "all")}


def test_a_model_that_remembers_nothing_is_quiet(tmp_path: Path) -> None:
    found = Lab(tmp_path, bits=(0.0, 0.0, 0.0)).look()
    assert (found.outcome, found.alarm_step) == ("quiet", None)


def test_a_stopped_monitor_goes_on_and_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    whole, parts = Lab(tmp_path / "one"), Lab(tmp_path / "other")
    parts.look(most=1)
    parts.look(most=1)
    found = parts.look()
    assert parts.opened == 3
    assert [look.groups for look in found.looks] == [look.groups for look in whole.look().looks]
    for name in ("losses", "exposure"):
        assert (parts.folder / "run" / "evidence" / f"{name}.jsonl").read_bytes() == (
            whole.folder / "run" / "evidence" / f"{name}.jsonl"
        ).read_bytes()


def test_checkpoints_that_were_deleted_since_still_count_and_changed_ones_are_refused(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.look(most=2)
    first = lab.training / "checkpoint-100"
    (first / "model.safetensors").unlink()
    assert [look.step for look in lab.look().looks] == [100, 200, 300]
    lab.checkpoint(200, 3.0)
    with pytest.raises(RunFolderError, match="other weights"):
        lab.look()


def test_secrets_that_a_tokenizer_reads_alike_are_said(tmp_path: Path) -> None:
    lab = Lab(tmp_path, bits=(0.0,))
    lab.tokenizer_knows = False
    found = lab.look()
    assert found.outcome == "undecided"
    assert "cannot tell most secrets apart" in found.why


def test_no_secret_is_in_the_run_folder(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.look()
    secrets = [one.secret for one in (*lab.manifest.canaries, *lab.manifest.controls)]
    for path in (lab.folder / "run").rglob("*.json*"):
        assert not any(secret in path.read_text(encoding="utf-8") for secret in secrets)


def test_a_fixed_line_needs_no_new_pass(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.look()
    lab.rule = AlarmRule(bits=99.0, permutations=999)
    found = lab.look()
    assert lab.opened == 3
    assert found.outcome == "undecided"
    assert "too few" in found.why


def test_unfinished_checkpoints_are_named_and_taken_up_later(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    folder = lab.checkpoint(400, 5.0)
    (folder / "model.safetensors").rename(folder / "waiting.part")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}), encoding="utf-8")
    found = lab.look()
    assert [look.step for look in found.looks] == [100, 200, 300]
    assert found.notes == ("Step 400 was not looked at: model-1.safetensors is missing.",)
    (folder / "waiting.part").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors").write_bytes(b"w")
    assert [look.step for look in lab.look().looks] == [100, 200, 300, 400]


def test_nothing_to_look_at_is_undecided(tmp_path: Path) -> None:
    lab = Lab(tmp_path, bits=())
    lab.training.mkdir()
    assert lab.look().outcome == "undecided"


def test_checkpoints_are_found_by_their_numbers(tmp_path: Path) -> None:
    lab = Lab(tmp_path, bits=[0.0] * 10)
    found = find_checkpoints([str(lab.training)])
    assert [one.step for one in found] == [100 * number for number in range(1, 11)]
    assert [one.step for one in find_checkpoints([str(lab.training)], every=500)] == [500, 1000]
    one = lab.training / "checkpoint-300"
    assert [(given.step, given.folder) for given in find_checkpoints([str(one)])] == [(300, one)]
    assert [given.step for given in find_checkpoints(["org/model", "org/model-7"])] == [1, 7]
    with pytest.raises(InputError, match="both checkpoints of step 300"):
        find_checkpoints([str(lab.training), str(one)])
    (one / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="--base"):
        find_checkpoints([str(one)])
    assert find_checkpoints([str(one)], base="org/base")[0].reference == f"org/base+{one}"
    (one / "model.safetensors").unlink()
    assert incomplete(find_checkpoints([str(one)], base="b")[0]) == "there are no weights in safetensors files"
