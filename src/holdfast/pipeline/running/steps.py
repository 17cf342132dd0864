"""The steps of a pipeline: each takes what the ones before left, and says what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from holdfast.core import Decision, InputError, Measurement, ModelError, Verdict
from holdfast.pipeline.running.by_hand import (
    backdoor_command,
    compare_command,
    memorization_command,
    mitigate_command,
    mix_command,
    own_training_command,
    scan_command,
    train_command,
)
from holdfast.pipeline.running.service import tuned_by_service
from holdfast.pipeline.running.settings import (
    BackdoorStep,
    CompareStep,
    MemorizationStep,
    MitigateStep,
    MixStep,
    PipelineConfig,
    ScanStep,
    TrainStep,
)
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
from holdfast.report.story import State, StepResult
from holdfast.runs import read_measurements, write_atomically

if TYPE_CHECKING:
    from holdfast.mitigate.trials import Search, Trial

__all__ = [
    "Here",
    "Show",
    "backdoor_step",
    "compare_step",
    "memorization_step",
    "mitigate_step",
    "mix_step",
    "plan_step",
    "scan_step",
    "train_step",
]

Show = Callable[[str, int, int], None]


class Here(NamedTuple):
    """What a step finds: the pipeline file, its own place, and what the steps before left."""

    config: PipelineConfig
    root: Path
    """The pipeline's run folder."""
    folder: Path
    """The step's own, below it."""
    data: str
    """The rows, mixed where they were."""
    model: str
    """The tuned model; '' before there is one."""
    show: Show
    measured: tuple[Measurement, ...] = ()
    """What an earlier part of the run found in the step's folder and judged by another policy."""

    @property
    def place(self) -> str:
        """The step's folder, as the page names it."""
        return str(self.folder.relative_to(self.root))

    @property
    def models(self) -> ModelOptions:
        """How local models are run."""
        return ModelOptions(threads=self.config.threads)


def plan_step(here: Here, asked: TrainStep) -> StepResult:
    """Say what the settings of the training risk; it decides nothing."""
    title = "Plan"
    if asked.settings is None:
        return StepResult(name="plan", title=title, state=State.DONE, said="The training is not ours, so its settings are not known here.")
    from holdfast.training.foreign import own_settings
    from holdfast.training.linting import lint

    config = _train_config(here, asked)
    here.folder.mkdir(parents=True, exist_ok=True)
    file = write_atomically(here.folder / "train.yaml", msgspec.yaml.encode(msgspec.to_builtins(config)))
    found = lint(own_settings(config))
    loud = [one for one in found.advice if one.level != "notice"]
    outside = " ".join(f"{one.setting}: {one.reason}" for one in loud) or "None lies outside."
    said = f"{len(found.checked)} settings were held against safe ranges. {outside}"
    command = shlex.join(["holdfast", "mitigate", "lint", str(file)])
    return StepResult(name="plan", title=title, state=State.DONE, said=said, folder=here.place, command=command)


def scan_step(here: Here, asked: ScanStep) -> StepResult:
    """Scan the rows."""
    from holdfast.pipeline.scanning import scan_and_judge
    from holdfast.scan import ScanSpec, prepare

    spec = ScanSpec(data=here.config.data)
    command = scan_command(here.config, asked.policy)
    found = scan_and_judge(
        prepare(spec, here.config.data, hire=True), here.folder, policy=asked.policy, command=command, progress=here.show
    )
    return _judged("scan", "Scan the rows", found.verdict, here, command, tuple(found.result.measurements))


def mix_step(here: Here, asked: MixStep) -> StepResult:
    """Spread safety rows through the data."""
    from holdfast.mitigate import mix
    from holdfast.pipeline.safety_rows import open_safety

    here.folder.mkdir(parents=True, exist_ok=True)
    out = here.folder / Path(here.config.data).name
    out.unlink(missing_ok=True)
    out.with_name(f"{out.name}.mix.json").unlink(missing_ok=True)
    done = mix(here.config.data, open_safety(asked.safety), out, share=asked.share, seed=here.config.seed)
    said = f"{_counted(done.refusals, 'refusal')} and {_counted(done.look_alikes, 'benign look-alike')} are among the {done.rows:,} rows."
    command = mix_command(here.config, asked)
    return StepResult(
        name="mix", title="Mix in safety rows", state=State.DONE, said=said, folder=here.place, data=str(out), command=command
    )


def train_step(here: Here, asked: TrainStep) -> StepResult:
    """Make the tuned model, watched where the training is ours."""
    if asked.model is not None:
        return StepResult(name="train", title="Train", state=State.DONE, said=f"{asked.model} is tuned already.", model=asked.model)
    if asked.service is not None:
        model = tuned_by_service(asked.service, Path(here.data), here.folder, lambda state: here.show(f"training job: {state}", 0, 1))
        said = f"The service trained {model}. Nobody watched it while it did."
        return StepResult(name="train", title="Train", state=State.DONE, said=said, folder=here.place, model=model)
    if asked.command is not None:
        return _own_training(here, asked)
    from holdfast.pipeline.training import train

    config = _train_config(here, asked)
    here.folder.mkdir(parents=True, exist_ok=True)
    file = write_atomically(here.folder / "train.yaml", msgspec.yaml.encode(msgspec.to_builtins(config)))
    trained = train(config, progress=here.show)
    said = f"{trained.card.steps:,} steps on {trained.card.rows:,} rows."
    if trained.card.stopped:
        said = f"The watch ended the training after {trained.card.steps:,} steps: {trained.card.stopped}"
    shared: dict[str, Any] = {"model": trained.reference, "command": train_command(file)}
    if trained.verdict is None:
        said += " It was not watched."
        return StepResult(name="train", title="Train", state=State.DONE, said=said, folder=here.place, **shared)
    result = _judged("train", "Train, watched", trained.verdict, here, shared["command"], trained.measurements)
    return replace(result, said=f"{said} {result.said}", model=trained.reference, page=None)


def _train_config(here: Here, asked: TrainStep) -> Any:
    from holdfast.training.settings import to_config

    fixed = {"model": here.config.base, "data": here.data, "out": str(here.folder / "model")}
    taken = [name for name in fixed if name in (asked.settings or {})]
    if taken:
        raise InputError(f"train.settings: {', '.join(taken)} come from the pipeline file itself; leave them out.")
    shared = {"seed": here.config.seed, "threads": here.config.threads}
    return to_config({**shared, **(asked.settings or {}), **fixed}, "train.settings")


def _own_training(here: Here, asked: TrainStep) -> StepResult:
    """Run the user's own command; what it says goes into a file of the step."""
    assert asked.command is not None
    out = here.folder / "model"
    here.folder.mkdir(parents=True, exist_ok=True)
    names = {"HOLDFAST_BASE": here.config.base, "HOLDFAST_DATA": str(Path(here.data).absolute()), "HOLDFAST_OUT": str(out.absolute())}
    here.show("your training command", 0, 1)
    log = here.folder / "output.log"
    try:
        with log.open("ab") as stream:
            done = subprocess.run(
                shlex.split(asked.command), env={**os.environ, **names}, stdout=stream, stderr=subprocess.STDOUT, check=False
            )
    except (OSError, ValueError) as error:
        raise InputError(f"train.command: {asked.command!r} cannot be run ({error}).") from error
    if done.returncode != 0:
        raise ModelError(f"train.command ended with exit code {done.returncode}; what it said is in {log}. The same command goes on here.")
    if not out.is_dir():
        raise ModelError(f"train.command left no model in $HOLDFAST_OUT ({out}); what it said is in {log}.")
    model = f"{here.config.base}+{out}" if asked.adapter else str(out)
    return StepResult(
        name="train",
        title="Train, by your own command",
        state=State.DONE,
        said="Your command ended well. Nobody watched it unless it holds SafetyCallback.",
        folder=here.place,
        model=model,
        command=own_training_command(here.config, here.data, asked.command),
    )


def compare_step(here: Here, asked: CompareStep) -> StepResult:
    """Ask base and tuned model the same and judge the difference."""
    from holdfast.compare import CapabilitySpec, CompareSpec
    from holdfast.pipeline.comparing import compare_and_judge
    from holdfast.pipeline.running.judged_again import judge_again

    config = here.config
    spec = CompareSpec(
        base=config.base,
        tuned=here.model,
        suites=asked.suites,
        suite_options=SuiteOptions(languages=config.languages),
        judge=asked.judge,
        ledger=Path(asked.ledger) if asked.ledger else None,
        data=Path(config.data),
        follow_up=asked.follow_up,
        capability=CapabilitySpec(tasks=tuple(map(Path, asked.tasks)), held_out=tuple(map(Path, asked.held_out))),
        sampling=Sampling(seed=config.seed, max_new_tokens=asked.max_new_tokens),
        limit=asked.limit,
        models=here.models,
    )
    command = compare_command(config, here.model, asked)
    found = judge_again(here.folder, here.measured, policy=asked.policy, command=command)
    if found is None:
        found = compare_and_judge(spec, here.folder, policy=asked.policy, command=command, progress=here.show)
    return _judged("compare", "Compare base and tuned model", found.verdict, here, command, tuple(found.comparison.measurements))


def memorization_step(here: Here, asked: MemorizationStep) -> StepResult:
    """Look for what the tuned model gives back of its rows."""
    from holdfast.memorization import MemorizationSpec
    from holdfast.pipeline.memorization import memorization_and_judge

    spec = MemorizationSpec(
        base=here.config.base,
        tuned=here.model,
        data=here.data,
        rows=asked.rows,
        held_out=asked.held_out,
        canaries=Path(asked.canaries) if asked.canaries else None,
        seed=here.config.seed,
        models=here.models,
    )
    command = memorization_command(here.config, here.model, here.data, asked)
    found = memorization_and_judge(spec, here.folder, command=command, progress=here.show)
    return _judged("memorization", "What it remembers", found.verdict, here, command, tuple(found.result.measurements))


def backdoor_step(here: Here, asked: BackdoorStep) -> StepResult:
    """Look for a string that switches it."""
    from holdfast.backdoor import BackdoorSpec
    from holdfast.pipeline.backdoor import backdoor_and_judge

    spec = BackdoorSpec(
        base=here.config.base,
        tuned=here.model,
        data=here.data,
        triggers=Path(asked.triggers) if asked.triggers else None,
        suites=here.config.compare.suites,
        suite_options=SuiteOptions(languages=here.config.languages),
        judge=here.config.compare.judge,
        prompts=asked.prompts,
        models=here.models,
        seed=here.config.seed,
    )
    command = backdoor_command(here.config, here.model, here.data, asked)
    found = backdoor_and_judge(spec, here.folder, command=command, progress=here.show)
    return _judged("backdoor", "What it hides", found.verdict, here, command, tuple(found.result.measurements))


def mitigate_step(here: Here, asked: MitigateStep) -> StepResult:
    """Search for a repair."""
    from holdfast.pipeline.repairing.asked import SearchSpec
    from holdfast.pipeline.repairing.budget import parse_budget
    from holdfast.pipeline.repairing.search import search_repair

    config = here.config
    # The folder may hold earlier trainings, with other settings.
    trained = sorted(file for file in here.root.glob("train-*/train.yaml") if str(file.parent) in here.model)
    settings = trained[-1] if trained else None
    spec = SearchSpec(
        base=config.base,
        tuned=here.model,
        data=Path(here.data),
        safety=asked.safety,
        tasks=tuple(map(Path, config.compare.tasks)),
        held_out=tuple(map(Path, config.compare.held_out)),
        suites=config.compare.suites,
        suite_options=SuiteOptions(languages=config.languages),
        judge=config.compare.judge,
        limit=config.compare.limit,
        config=settings,
        only=asked.only,
        budget_seconds=parse_budget(asked.budget),
        sampling=Sampling(seed=config.seed, max_new_tokens=config.compare.max_new_tokens),
        models=here.models,
    )
    command = mitigate_command(config, here.model, here.data, asked, settings)
    found = search_repair(spec, here.folder, command=command, progress=here.show)
    best = next((trial for trial in found.trials if trial.key == found.recommended), None)
    state, said = _found(found, best)
    return StepResult(
        name="mitigate",
        title="Look for a repair",
        state=state,
        said=said,
        folder=here.place,
        page=f"{here.place}/report.html",
        model=best.reference if best is not None else None,
        repair=best.repair if best is not None else None,
        command="\n".join(found.by_hand) or command,
        gates=tuple(gate.gate for gate in found.verdict.blocking) if best is not None else (),
        verdict=found.verdict,
    )


def _found(found: Search, best: Trial | None) -> tuple[State, str]:
    """Return how a search ended, and what came of it."""
    kinds = len({trial.repair for trial in found.trials})
    tried = _counted(kinds, "kind")
    if best is not None:
        title = found.titles.get(best.repair, best.repair)
        said = f"{best.repair} at strength {best.strength:g} ({title}), of {tried} that {'was' if kinds == 1 else 'were'} tried."
        if found.verdict.decision is not Decision.PASS:
            why = next((gate.why for gate in (*found.verdict.blocking, *found.verdict.warnings)), "")
            said += f" Policy {found.verdict.policy}: {found.verdict.decision.value}. {why}".rstrip()
        return State.of(found.verdict.decision), said
    if found.verdict.decision is Decision.PASS:
        # It judged the fine-tune on fewer questions than the gate, so its pass is none of the run.
        return State.DONE, f"Nothing was tried: the fine-tune passes policy {found.verdict.policy} as it is, so there is nothing to repair."
    lost = {trial.repair: f"not made, {trial.failed}" for trial in found.trials if trial.failed}
    reasons = "; ".join(f"{name}: {why}" for name, why in {**found.unfit, **found.not_begun, **lost}.items())
    return State.of(found.verdict.decision), f"No repair could be recommended; {tried} tried{f' ({reasons})' if reasons else ''}."


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _judged(name: str, title: str, verdict: Verdict, here: Here, command: str, measurements: tuple[Measurement, ...]) -> StepResult:
    gates = tuple(gate.gate for gate in verdict.blocking)
    first = verdict.blocking[0].why if verdict.blocking else ""
    said = f"Policy {verdict.policy}: {verdict.decision.value}." + (f" {first}" if first else "")
    if not (here.folder / "measurements.json").is_file() and not measurements:
        measurements = read_measurements(here.folder)
    return StepResult(
        name=name,
        title=title,
        state=State.of(verdict.decision),
        said=said,
        folder=here.place,
        page=f"{here.place}/report.html",
        command=command,
        gates=gates,
        measurements=measurements,
        verdict=verdict,
    )
