"""`train`: one fine-tune from its configuration to a folder, watched while it runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from holdfast import __version__
from holdfast.core import InputError, Measurement, RunFolderError, UnsupportedSetupError, Value, Verdict, digest, pretty_json
from holdfast.plugins import (
    ModelOptions,
    SuiteOptions,
    file_digest,
    judge_contents,
    load,
    model_files,
    model_kind,
    open_suite,
    resolve_reference,
)
from holdfast.policy import judge
from holdfast.runs import read_measurements, write_atomically
from holdfast.training.config import TrainConfig, WatchConfig
from holdfast.training.foreign import own_settings
from holdfast.training.linting import Lint, lint
from holdfast.training.planning import TrainPlan, plan_training
from holdfast.training.rows import Conversation, Rows, read_rows
from holdfast.training.saving import BEGUN_FILE, CARD_FILE, CHECKPOINTS, RUN_FOLDER, Parent, TrainCard, model_page, read_card

if TYPE_CHECKING:
    from holdfast.training.encoding import Encoded

__all__ = ["Planned", "Trained", "plan", "train"]

Progress = Callable[[str, int, int], None]


class Trained(Value, frozen=True, kw_only=True):
    """A finished fine-tune."""

    reference: str
    """To give to `holdfast compare`: the folder, or BASE+FOLDER for an adapter."""
    folder: Path
    run: Path | None
    """The run folder of the watch; None where the training was not watched."""
    card: TrainCard
    measurements: tuple[Measurement, ...] = ()
    verdict: Verdict | None = None
    """By the watch's policy; None where the training was not watched."""
    notes: tuple[str, ...] = ()
    """What a reader must know: rows that were cut or left out."""


class Planned(Value, frozen=True, kw_only=True):
    """What a configuration would do."""

    config: TrainConfig
    plan: TrainPlan | None
    """None where rows are to be packed, which their tokens decide."""
    rows: int
    safety_rows: int
    lint: Lint

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Names and values for people."""
        config, plan = self.config, self.plan
        steps = "decided by packing" if plan is None else f"{plan.steps} of {plan.rows_per_step} rows, {plan.epochs:g} epochs"
        every = f"{self.safety_rows} rows, every {config.replay.distance} steps" if config.replay is not None else "none"
        watched = "off" if config.watch is False else f"policy {config.watch.policy}, on failure {config.watch.on_fail}"
        schedule = f"{config.rate:g}, {config.schedule}" + (f" after {plan.warmup_steps} steps of warm-up" if plan is not None else "")
        return [
            ("model", config.model),
            ("method", config.method),
            ("data", f"{self.rows:,} rows of {', '.join(source.path for source in config.sources)}"),
            ("out", config.out),
            ("steps", steps),
            ("learning rate", schedule),
            ("loss", config.loss),
            ("head first", f"{plan.head_steps} steps" if plan is not None and plan.head_steps else "no"),
            ("average", "none" if config.ema is None else f"decay {config.ema:g}"),
            ("safety rows", every),
            ("watch", watched),
            ("seed", str(config.seed)),
        ]


def plan(config: TrainConfig) -> Planned:
    """Return what a configuration would do, without loading a model; raises a HoldfastError for whatever is the user's to mend."""
    _check_model(config)
    rows = read_rows(config.sources)
    safety = read_rows(config.replay.sources) if config.replay is not None else None
    sizes = {"rows": len(rows.conversations), "safety_rows": len(safety.conversations) if safety is not None else 0}
    planned = None if config.packing else plan_training(config, **sizes)
    return Planned(config=config, plan=planned, **sizes, lint=lint(own_settings(config)))


def train(
    config: TrainConfig,
    *,
    rows: Sequence[Conversation] | None = None,
    safety_rows: Sequence[Conversation] | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Trained:
    """Fine-tune as a configuration says, and return what came of it; everything lies in `config.out` afterwards.

    A folder that holds the same training, finished, is returned as it is (the model is opened, to see whether it is still the one
    that was trained from); one that was interrupted goes on from its last checkpoint, and
    ends with the same weights. `rows` and `safety_rows` stand in for the files of `config.data` and `config.replay`, for callers that
    have conversations in memory. Raises a HoldfastError for whatever is the user's to mend.
    """
    _check_model(config)
    asked = _Asked(config, rows, safety_rows)
    card = read_card(asked.out / CARD_FILE) if asked.out.is_dir() else None
    if card is None:
        return _train(asked, progress)
    if card.identity != _identity_now(asked, card):
        raise RunFolderError(f"{asked.out} holds another trained model. Choose another folder with --out, or remove it.")
    _check_saved(asked.out, card)
    return _result(asked, card)


class _Asked:
    """A configuration with what it names: rows, and the place of the model."""

    def __init__(self, config: TrainConfig, rows: Sequence[Conversation] | None, safety: Sequence[Conversation] | None) -> None:
        self.config, self.out = config, Path(config.out)
        self.rows = _held(rows) if rows is not None else read_rows(config.sources)
        self.safety: Rows | None = None
        if config.replay is not None:
            self.safety = _held(safety) if safety is not None else read_rows(config.replay.sources)
        self.reference = resolve_reference(config.model)
        self.watch = _watched(config)

    @property
    def safety_digest(self) -> str | None:
        """SHA-256 over the safety rows; None without any."""
        return self.safety.digest if self.safety is not None else None


def _watched(config: TrainConfig) -> str | None:
    """Return the digest of what the watch asks and does; its policy is not part of it, since measurements can be judged again."""
    if config.watch is False:
        return None
    watch, suites = config.watch, config.watch.suite or ()
    opened = [open_suite(name, SuiteOptions()) for name in ((suites,) if isinstance(suites, str) else suites)]
    settings = {name: value for name, value in msgspec.to_builtins(watch).items() if name != "policy"}
    return digest({**settings, "suites": [suite.digest for suite in opened], "grader": judge_contents(watch.judge or "")})


def _identity_now(asked: _Asked, card: TrainCard) -> tuple[str | None, ...]:
    """Return the identity of what is asked; the model is opened for it only where everything else is that of the card."""
    from holdfast.training.building import quiet_trainer

    named = (asked.config.digest, asked.rows.digest, asked.safety_digest, asked.watch)
    if named != card.identity[:-1]:
        return named
    with quiet_trainer():
        return (*named, _open(asked).fingerprint.digest)


def _check_model(config: TrainConfig) -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UnsupportedSetupError(
            "holdfast train runs in one process, and this is one of several. Start it without torchrun or accelerate launch, or put "
            "SafetyCallback into a script of your own, which works under DDP."
        )
    if model_kind(config.model) not in ("transformers", "lab"):
        raise InputError(f"model {config.model!r} does not run here, so it cannot be trained. Give a folder, hub:org/name or lab:NAME.")


def _held(rows: Sequence[Conversation]) -> Rows:
    return Rows(conversations=tuple(map(tuple, rows)), places=tuple(f"row {n}" for n in range(len(rows))), plain=(False,) * len(rows))


def _train(asked: _Asked, progress: Progress) -> Trained:
    from holdfast.training.adapting import prepare_model
    from holdfast.training.building import build_trainer, last_checkpoint, quiet_trainer

    config, checkpoints = asked.config, asked.out / CHECKPOINTS
    with quiet_trainer():
        opened = _open(asked)
        card = _card(asked, opened)
        columns, plan, notes = _encode(asked, opened)
        # Before the folder is taken, so that a setting that does not fit the model leaves nothing behind.
        model = prepare_model(opened.model, config)
        _begin(asked.out, card)
        watch = _watch(config, opened, card)
        callbacks = [*_before_the_watch(config), *([watch] if watch is not None else []), *_after_the_watch(plan, progress)]
        trainer = build_trainer(model, opened.tokenizer, columns, config=config, plan=plan, folder=checkpoints, callbacks=callbacks)
        trainer.train(resume_from_checkpoint=last_checkpoint(checkpoints))
        card = _finish(asked, trainer, opened, card, watch)
    return msgspec.structs.replace(_result(asked, card), notes=notes)


def _open(asked: _Asked) -> Any:
    from transformers import set_seed

    config = asked.config
    # A step of 1e-5 is lost in bfloat16 weights: where all of them are trained they stay in float32, and autocast computes in bfloat16.
    dtype = "float32" if config.method == "full" else config.dtype
    options = ModelOptions(device=config.device, dtype=dtype, threads=config.threads, trust_remote_code=config.trust_remote_code)
    set_seed(config.seed)
    return load("model", "transformers")().trainable(asked.reference, options, merge=config.method == "full")


def _encode(asked: _Asked, opened: Any) -> tuple[dict[str, list[list[int]]], TrainPlan, tuple[str, ...]]:
    """Return the columns to train on, safety rows after training rows, the plan, and what was cut or left out."""
    from holdfast.training.building import packed
    from holdfast.training.encoding import encode_rows

    config, notes = asked.config, list[str]()
    parts: list[dict[str, list[list[int]]]] = []
    for name, one in (("training", asked.rows), ("safety", asked.safety)):
        if one is None:
            continue
        encoded: Encoded = encode_rows(
            one, opened.tokenizer, template=opened.template, max_length=config.max_length, completion_only=config.completion_only
        )
        notes += encoded.notes(name, config.max_length) + ([f"{one.unread} {name} rows could not be read."] if one.unread else [])
        plain = {"input_ids": encoded.input_ids, "labels": encoded.labels}
        parts.append(packed(encoded, config.max_length) if config.packing else plain)
    sizes = [len(part["input_ids"]) for part in parts]
    plan = plan_training(config, rows=sizes[0], safety_rows=sum(sizes[1:]))
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}, plan, tuple(notes)


def _card(asked: _Asked, opened: Any) -> TrainCard:
    mark = opened.fingerprint
    return TrainCard(
        suites=opened.suites,
        parents=(Parent(reference=asked.config.model, fingerprint=mark.digest, weights=mark.weights, adapter=mark.adapter),),
        method=asked.config.method,
        config=asked.config,
        config_digest=asked.config.digest,
        data=asked.rows.digest,
        safety_data=asked.safety_digest,
        watch=asked.watch,
        files={**asked.rows.files, **(asked.safety.files if asked.safety is not None else {})},
        rows=len(asked.rows.conversations),
        steps=0,
        watched=asked.config.watch is not False,
        holdfast=__version__,
    )


def _begin(out: Path, card: TrainCard) -> None:
    """Take the folder; raises RunFolderError where it holds something else."""
    begun = read_card(out / BEGUN_FILE) if out.is_dir() else None
    if begun is not None and begun.identity != card.identity:
        raise RunFolderError(f"{out} holds another training, begun and not finished. Choose another folder with --out, or remove it.")
    try:
        if begun is None and out.exists() and any(out.iterdir()):
            raise RunFolderError(f"{out} is not empty and holds no training. Choose another folder with --out.")
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / BEGUN_FILE, pretty_json(card))
    except OSError as error:
        raise RunFolderError(f"{out}: cannot be written ({error.strerror}). Choose another folder with --out.") from error


def _watch(config: TrainConfig, opened: Any, card: TrainCard) -> Any:
    if config.watch is False:
        return None
    from holdfast.watch import SafetyCallback
    from holdfast.watch.prompts import DEFAULT_SUITES

    asked: WatchConfig = config.watch
    return SafetyCallback(
        policy=asked.policy,
        suite=asked.suite or opened.suites or DEFAULT_SUITES,
        every=asked.every,
        on_fail=asked.on_fail,
        judge=asked.judge,
        prompts=asked.prompts,
        benign=asked.benign,
        max_new_tokens=asked.max_new_tokens,
        run=Path(config.out) / RUN_FOLDER,
        about={"training": {"config": card.config_digest, "data": card.data, "parent": card.parents[0].fingerprint}},
    )


def _before_the_watch(config: TrainConfig) -> list[Any]:
    if config.ema is None:
        return []
    from holdfast.training.ema import AverageCallback

    return [AverageCallback(config.ema)]


def _after_the_watch(plan: TrainPlan, progress: Progress) -> list[Any]:
    from holdfast.training.head_first import HeadFirstCallback
    from holdfast.training.showing import ProgressCallback

    shown = ProgressCallback(lambda done: progress("training", done, plan.steps))
    return [*([HeadFirstCallback(plan.head_steps)] if plan.head_steps else []), shown]


def _finish(asked: _Asked, trainer: Any, opened: Any, card: TrainCard, watch: Any) -> TrainCard:
    from holdfast.training.saving import save_trained

    restored = watch.restored if watch is not None else None
    steps = restored if restored is not None else trainer.state.global_step
    warned = asked.config.watch is not False and asked.config.watch.on_fail == "warn"
    stopped = watch.watcher.stopped if watch is not None and not warned else ""
    card = msgspec.structs.replace(card, steps=steps, stopped=stopped, restored=restored)
    save_trained(trainer.accelerator.unwrap_model(trainer.model), opened.tokenizer, asked.out, base=opened.folder)
    own = {CARD_FILE, BEGUN_FILE}
    card = msgspec.structs.replace(card, saved={file.name: file_digest(file) for file in model_files(asked.out) if file.name not in own})
    write_atomically(asked.out / "README.md", model_page(card).encode())
    if card.watched:
        write_atomically(asked.out / RUN_FOLDER / BEGUN_FILE, pretty_json(card))
    write_atomically(asked.out / CARD_FILE, pretty_json(card))
    if not asked.config.keep_checkpoints:
        shutil.rmtree(asked.out / CHECKPOINTS, ignore_errors=True)
    return card


def _check_saved(out: Path, card: TrainCard) -> None:
    """Refuse a model whose files are no longer those that the training wrote."""
    for name, written in card.saved.items():
        file = out / name
        if not file.is_file() or file_digest(file) != written:
            what = "changed since the training wrote it" if file.is_file() else "gone"
            raise RunFolderError(f"{file} is {what}. Remove the folder to train again, or choose another one with --out.")


def _result(asked: _Asked, card: TrainCard) -> Trained:
    run = asked.out / RUN_FOLDER if card.watched else None
    measurements = read_measurements(run) if run is not None else ()
    verdict = None
    if asked.config.watch is not False and run is not None:
        from holdfast.watch.deciding import training_policy

        verdict = judge(measurements, training_policy(asked.config.watch.policy))
    base = asked.reference.partition("+")[0]
    reference = str(asked.out) if asked.config.method == "full" else f"{base}+{asked.out}"
    return Trained(reference=reference, folder=asked.out, run=run, card=card, measurements=measurements, verdict=verdict)
