"""Look at every setting of a pipeline file before its first step: a mistake in a late one must not cost a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdfast.core import HoldfastError, InputError
from holdfast.pipeline.running.settings import BackdoorStep, CompareStep, MemorizationStep, MitigateStep, MixStep, PipelineConfig
from holdfast.plugins import SuiteOptions, load, model_kind, open_judge, open_suite, read_ledger
from holdfast.policy import load_policy

__all__ = ["check"]

_DEFAULT_SUITES = ("policy11", "contrast", "domain")
_LAB_LANGUAGE = "x-lab"


def check(config: PipelineConfig) -> None:
    """Raise InputError, one sentence that names the key, for a setting that a step of the run would refuse; no model is opened."""
    if config.threads is not None:
        _at_least_one("threads", config.threads)
    with _naming("gate.policy"):
        load_policy(config.gate.policy)
    if config.scan is not False:
        with _naming("scan.policy"):
            load_policy(config.scan.policy)
    _check_mix(config.mix)
    _check_compare(config.compare)
    _check_languages(config)
    _check_memorization(config.memorization)
    _check_backdoor(config.backdoor)
    _check_mitigate(config.mitigate)


def _check_mix(asked: MixStep | Any) -> None:
    from holdfast.mitigate.shares import rows_to_add

    if asked is False:
        return
    with _naming("mix.share"):
        rows_to_add(1, asked.share)
    _check_safety("mix.safety", asked.safety)


def _check_compare(asked: CompareStep) -> None:
    from holdfast.compare.capability.asking import read_held_out
    from holdfast.compare.capability.tasks import read_task

    with _naming("compare.policy"):
        load_policy(asked.policy)
    _at_least_one("compare.max_new_tokens", asked.max_new_tokens)
    if asked.limit is not None:
        _at_least_one("compare.limit", asked.limit)
    if asked.judge is not None:
        with _naming("compare.judge"):
            _check_judge(asked.judge)
    if asked.ledger is not None:
        with _naming("compare.ledger"):
            read_ledger(Path(asked.ledger))
    _read_each("compare.tasks", asked.tasks, read_task)
    _read_each("compare.held_out", asked.held_out, read_held_out)


def _check_languages(config: PipelineConfig) -> None:
    """Open the suites that are named, or those that hold where none is, in the languages asked for."""
    options = SuiteOptions(languages=config.languages)
    for name in config.compare.suites:
        with _naming("compare.suites"):
            open_suite(name, options)
    human = tuple(language for language in config.languages if language != _LAB_LANGUAGE)
    if config.compare.suites or (config.languages and not human):
        return
    for name in _DEFAULT_SUITES:
        with _naming("languages"):
            open_suite(name, SuiteOptions(languages=human))


def _check_judge(reference: str) -> None:
    """Look whether a judge and the kind of its model are known; one that needs no model is opened."""
    name, equals, model = reference.partition("=")
    if not equals:
        open_judge(reference)
        return
    load("judge", name.partition("/")[0])
    model_kind(model)


def _check_memorization(asked: MemorizationStep | Any) -> None:
    from holdfast.canaries import read_manifest
    from holdfast.records import open_dataset

    if asked is False:
        return
    _at_least_one("memorization.rows", asked.rows)
    if asked.held_out is not None:
        with _naming("memorization.held_out"):
            open_dataset(asked.held_out).count()
    if asked.canaries is not None:
        _read_each("memorization.canaries", (asked.canaries,), read_manifest)


def _check_backdoor(asked: BackdoorStep | Any) -> None:
    from holdfast.backdoor.strings import read_own

    if asked is False:
        return
    _at_least_one("backdoor.prompts", asked.prompts)
    if asked.triggers is not None:
        _read_each("backdoor.triggers", (asked.triggers,), read_own)


def _check_mitigate(asked: MitigateStep | Any) -> None:
    from holdfast.pipeline.repairing.budget import parse_budget
    from holdfast.pipeline.repairing.catalogue import repairs

    if asked is False:
        return
    _at_least_one("mitigate.attempts", asked.attempts)
    with _naming("mitigate.budget"):
        parse_budget(asked.budget)
    with _naming("mitigate.only"):
        repairs(only=asked.only)
    if asked.safety is not None:
        _check_safety("mitigate.safety", asked.safety)


def _check_safety(key: str, reference: str) -> None:
    from holdfast.pipeline.safety_rows import open_safety

    with _naming(key):
        open_safety(reference)


def _read_each(key: str, files: tuple[str, ...], read: Callable[[Path], object]) -> None:
    for file in files:
        with _naming(key):
            read(Path(file))


def _at_least_one(key: str, value: int) -> None:
    if value < 1:
        raise InputError(f"{key}: expected a whole number from 1, got {value}.")


@contextmanager
def _naming(key: str) -> Iterator[None]:
    """Put the key of the pipeline file before what a reader of its value says."""
    try:
        yield
    except HoldfastError as error:
        raise InputError(f"{key}: {error}") from error
