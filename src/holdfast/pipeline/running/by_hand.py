"""The commands that do by hand what a step does, with every setting that decides what comes of it."""

from __future__ import annotations

import shlex
from pathlib import Path

from holdfast.pipeline.running.settings import BackdoorStep, CompareStep, MemorizationStep, MitigateStep, MixStep, PipelineConfig

__all__ = [
    "backdoor_command",
    "compare_command",
    "gate_command",
    "memorization_command",
    "mitigate_command",
    "mix_command",
    "own_training_command",
    "scan_command",
    "train_command",
]

_OUT = "by-hand"
"""The folder that they write to, under the current one; what the run wrote stays."""


def scan_command(config: PipelineConfig, policy: str) -> str:
    """Return the command of the scan."""
    return shlex.join(["holdfast", "scan", config.data, "--policy", policy])


def mix_command(config: PipelineConfig, asked: MixStep) -> str:
    """Return the command that mixes safety rows in."""
    words = ["holdfast", "mitigate", "mix", config.data, "--safety", asked.safety, "--share", f"{asked.share:g}"]
    return shlex.join([*words, *_option("--seed", config.seed, 0), "-o", f"{_OUT}/{Path(config.data).name}"])


def train_command(file: Path) -> str:
    """Return the command that trains as `file` says."""
    return shlex.join(["holdfast", "train", str(file), "--out", f"{_OUT}/model"])


def own_training_command(config: PipelineConfig, data: str, command: str) -> str:
    """Return the user's own command with the names that it finds in its environment."""
    names = {"HOLDFAST_BASE": config.base, "HOLDFAST_DATA": data, "HOLDFAST_OUT": f"{_OUT}/model"}
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in names.items()), command])


def compare_command(config: PipelineConfig, tuned: str, asked: CompareStep) -> str:
    """Return the command of the comparison."""
    words = ["holdfast", "compare", config.base, tuned, "--data", config.data, "--policy", asked.policy]
    words += _asked(config, asked)
    if asked.ledger is not None:
        words += ["--ledger", asked.ledger]
    for option, files in (("--capability", asked.tasks), ("--held-out", asked.held_out)):
        words += _each(option, files)
    words += [*_option("--limit", asked.limit), *_option("--max-new-tokens", asked.max_new_tokens, 256)]
    if not asked.follow_up:
        words.append("--no-follow-up")
    return shlex.join([*words, *_shared(config)])


def memorization_command(config: PipelineConfig, tuned: str, data: str, asked: MemorizationStep) -> str:
    """Return the command that looks for what is remembered."""
    words = ["holdfast", "memorization", config.base, tuned, "--data", data, *_option("--rows", asked.rows, 200)]
    words += [*_option("--held-out", asked.held_out), *_option("--canaries", asked.canaries)]
    return shlex.join([*words, *_shared(config)])


def backdoor_command(config: PipelineConfig, tuned: str, data: str, asked: BackdoorStep) -> str:
    """Return the command that looks for a trigger."""
    words = ["holdfast", "backdoor", config.base, tuned, "--data", data, *_option("--triggers", asked.triggers)]
    words += [*_asked(config, config.compare), *_option("--prompts", asked.prompts, 40)]
    return shlex.join([*words, *_shared(config)])


def mitigate_command(config: PipelineConfig, tuned: str, data: str, asked: MitigateStep, settings: Path | None) -> str:
    """Return the command that looks for a repair; `settings` are those of the training where it was ours."""
    compare = config.compare
    words = ["holdfast", "mitigate", "auto", config.base, tuned, "--data", data, "--budget", asked.budget]
    words += [*_option("--safety", asked.safety), *_each("--only", asked.only), *_option("--config", settings)]
    words += [*_each("--task", compare.tasks), *_each("--held-out", compare.held_out), *_asked(config, compare)]
    words += [*_option("--limit", compare.limit), *_option("--max-new-tokens", compare.max_new_tokens, 256)]
    return shlex.join([*words, *_shared(config)])


def gate_command(config: PipelineConfig, folder: Path) -> str:
    """Return the command that judges the run's numbers again."""
    words = ["holdfast", "gate", str(folder), "--policy", config.gate.policy]
    return shlex.join([*words, *(["--strict"] if config.gate.strict else [])])


def _asked(config: PipelineConfig, asked: CompareStep) -> list[str]:
    """Return what every step that asks prompts is told of them."""
    languages = ",".join(config.languages)
    return [*_each("--suite", asked.suites), *_option("--language", languages, "en"), *_option("--judge", asked.judge)]


def _shared(config: PipelineConfig) -> list[str]:
    return [*_option("--seed", config.seed, 0), *_option("--threads", config.threads)]


def _each(option: str, values: tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _option(name: str, value: object, usual: object = None) -> list[str]:
    """Return an option with its value; nothing where the command does the same without it."""
    return [] if value is None or value == usual else [name, str(value)]
