"""Run a pipeline: step after step in one folder, going on where it was stopped, and no expensive step after a gate that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from holdfast import __version__
from holdfast.core import Decision, Measurement, Verdict, digest, pretty_json
from holdfast.pipeline.comparing import write_verdict
from holdfast.pipeline.named_files import contents_named
from holdfast.pipeline.own_verdicts import counting, joined
from holdfast.pipeline.repairing.catalogue import repairs
from holdfast.pipeline.running.by_hand import gate_command
from holdfast.pipeline.running.checking import check
from holdfast.pipeline.running.judged_again import deciding, is_finished, judged_by
from holdfast.pipeline.running.settings import PipelineConfig
from holdfast.pipeline.running.steps import (
    Here,
    Show,
    backdoor_step,
    compare_step,
    memorization_step,
    mitigate_step,
    mix_step,
    plan_step,
    scan_step,
    train_step,
)
from holdfast.policy import judge, load_policy
from holdfast.records import open_dataset
from holdfast.report.hostile import line
from holdfast.report.story import State, StepResult, Story
from holdfast.report.story_html import write_story_html
from holdfast.runs import Manifest, RunFolder

__all__ = ["run_pipeline"]

_SHORT = 8
_LOST = "the comparison failed, which settles the verdict; compare.on_fail: warn asks all the same."


def run_pipeline(
    config: PipelineConfig,
    folder: Path,
    *,
    command: str = "",
    progress: Show = lambda what, done, total: None,
    tell: Callable[[str], None] = lambda said: None,
) -> Story:
    """Run every step of a pipeline file in `folder`, and write verdict and page there.

    `progress` is called with (what, done, total) while a step works, `tell` with a line where one begins and where it ends.

    A step that is there already, for the same settings and what came before, is not run again; one that was interrupted goes on. A change
    of the file runs only what depends on it, and where only a policy was changed, what was found is judged again. Raises a HoldfastError
    for whatever is the user's to mend.
    """
    check(config)
    policy = load_policy(config.gate.policy)
    manifest = Manifest(stage="run", holdfast=__version__, command=command, seed=config.seed, asked={"name": config.name})
    with RunFolder(folder, manifest) as run:
        job = _Job(config, run, progress, tell)
        story = job.tell(policy, command)
        run.write("story.json", pretty_json(story))
        run.write_measurements(job.measured())
        write_verdict(folder, story.verdict)
        write_story_html(story, folder / "report.html")
    return story


class _Job:
    """One run: what was asked, and what the steps so far have left."""

    def __init__(self, config: PipelineConfig, run: RunFolder, show: Show, tell: Callable[[str], None]) -> None:
        self.config, self.run, self._show = config, run, show
        self._line = tell
        self._log = run.evidence("steps")
        self._known = {result.key: result for result in self._log.read(StepResult)}
        self.steps: list[StepResult] = []
        self.data, self.model, self.repaired = config.data, "", False
        data = [file.digest for file in open_dataset(config.data).files]
        base = {"base": config.base, "contents": self._contents({"model": config.base})}
        self._origin = digest({**base, "data": data, "seed": config.seed})
        self._made_by = {"data": "", "model": ""}
        """Keys of the steps that made the rows and the model of now."""
        self.halted: str | None = None
        self._stopped_by: Verdict | None = None
        """The verdict of the step at which the file says to stop."""

    def tell(self, policy: Any, command: str) -> Story:
        """Run everything, and return what happened."""
        config = self.config
        self._step("plan", plan_step, config.train, title="Plan")
        self._step("scan", scan_step, config.scan, title="Scan the rows", stop=config.scan is not False and config.scan.on_fail == "stop")
        self._step("mix", mix_step, config.mix, title="Mix in safety rows")
        self._step("train", train_step, config.train, title="Train", stop=config.train.on_fail == "stop")
        self._after("")
        first = self._gate("gate", "Gate", policy)
        verdict = first
        if first.decision is not Decision.PASS and self.model and self.halted is None:
            verdict = self._repair(policy, first)
        return Story(
            name=config.name,
            base=config.base,
            steps=tuple(self.steps),
            verdict=verdict,
            model=self.model or None,
            repaired=self.repaired,
            command=command,
            version=__version__,
        )

    def measured(self) -> tuple[Measurement, ...]:
        """Return what the verdict rests on: of every number the last that was taken."""
        return tuple({one.key: one for step in self.steps for one in step.measurements}.values())

    def _after(self, suffix: str) -> None:
        """Everything that is asked of a tuned model; `suffix` tells the second round, of the repaired one, from the first."""
        again = " again" if suffix else ""
        config = self.config
        self._step(f"compare{suffix}", compare_step, config.compare, title=f"Compare base and tuned model{again}")
        if self.steps[-1].state is State.FAILED and config.compare.on_fail == "stop":
            self.halted = self.halted or _LOST
        for name, act, asked, title in (
            ("memorization", memorization_step, config.memorization, "What it remembers"),
            ("backdoor", backdoor_step, config.backdoor, "What it hides"),
        ):
            self._step(f"{name}{suffix}", act, asked, title=f"{title}{again}")
        if self.halted is _LOST:
            self.halted = None

    def _repair(self, policy: Any, first: Verdict) -> Verdict:
        """Look for a repair, and ask everything again of what it made; where the gate does not pass that, look among the repairs left."""
        verdict, judged = first, self.model
        damaged, made_by = self.model, self._made_by["model"]
        names = [repair.name for repair in repairs()]
        asked = self.config.mitigate
        for attempt in range(1, asked.attempts + 1) if asked is not False else [1]:
            number = "" if attempt == 1 else f"-{attempt}"
            self.model, self._made_by["model"] = damaged, made_by
            wanted = replace(asked, only=tuple(names)) if asked is not False and not asked.only else asked
            found = self._step(f"mitigate{number}", mitigate_step, wanted, title="Look for a repair")
            if found.model is None or found.model == damaged or found.state in (State.OFF, State.SKIPPED):
                break
            self.model, self.repaired = found.model, True
            self._made_by["model"] = found.key
            # What was measured of the damaged model says nothing of the repaired one.
            self._after(f"-repaired{number}")
            verdict, judged = self._gate(f"gate-repaired{number}", "Gate, on the repaired model", policy), found.model
            names = names[names.index(found.repair) + 1 :] if found.repair in names else []
            if verdict.decision is Decision.PASS or not names or (asked is not False and asked.only):
                break
        self.model = judged
        return verdict

    def _step(self, name: str, act: Callable[[Here, Any], StepResult], asked: Any, *, title: str, stop: bool = False) -> StepResult:
        """Run one step unless it is there, is left out, or a gate before it stopped the run."""
        if asked is False:
            return self._keep(StepResult(name=name, title=title, state=State.OFF, said="The pipeline file leaves it out."))
        if self.halted is not None:
            self._tell(f"{title}: not begun, {self.halted}")
            return self._keep(StepResult(name=name, title=title, state=State.SKIPPED, said=f"Not begun: {self.halted}"))
        label = f"{name}-{self._key(name, deciding(asked))[:_SHORT]}"
        left = self._known.get(label)
        known = left if left is not None and judged_by(left, asked) and is_finished(self.run.path / label, left.measurements) else None
        there = ", as an earlier part of the run left it" if known is not None else ""
        if known is None:
            self._tell(f"{title}: begun")
            here = Here(
                config=self.config,
                root=self.run.path,
                folder=self.run.path / label,
                data=self.data,
                model=self.model,
                show=self._shown(title),
                measured=left.measurements if left is not None else (),
            )
            known = replace(act(here, asked), key=label, name=name, title=title)
            self._log.append(self._batch(label), [known])
        self._tell(f"{title}: {known.state.value}{there}. {known.said}")
        if stop and self.halted is None and known.state in (State.FAILED, State.UNDECIDED):
            self.halted, self._stopped_by = f"the step “{title}” did not pass, and the file says to stop there.", known.verdict
        return self._keep(known)

    def _batch(self, label: str) -> str:
        """Return a name that the log has not: a step that is judged anew stands there once for each time, and the last one counts."""
        times = (f"{label} judged {number}" for number in count(2))
        return next(one for one in chain([label], times) if one not in self._log.batches)

    def _key(self, name: str, asked: Any) -> str:
        """Return a digest of all that decides a step: rows, base and seed, what made the rows and the model of now, and its settings.

        Of whatever the settings name on this machine the contents count, and not the name alone; so do the rows and the model that steps
        of this run have made, which somebody may have exchanged since.
        """
        given = {"asked": asked, "config": self._shared(name)}
        contents = {"given": self._contents(given), "made": self._contents({"data": self.data, "model": self.model})}
        return digest({"origin": self._origin, **self._made_by, "step": name, **given, "contents": contents})

    def _contents(self, given: dict[str, Any]) -> dict[str, str]:
        return contents_named(given, besides=self.run.path)

    def _shared(self, name: str) -> dict[str, Any]:
        """Return the settings of other sections that a step reads."""
        if not self.model:
            return {"of": name}
        config, compare = self.config, self.config.compare
        shared: dict[str, Any] = {"languages": config.languages, "judge": compare.judge, "suites": compare.suites}
        if name.startswith("mitigate"):
            shared |= {
                "tasks": compare.tasks,
                "held_out": compare.held_out,
                "limit": compare.limit,
                "max_new_tokens": compare.max_new_tokens,
            }
        return shared

    def _keep(self, result: StepResult) -> StepResult:
        self.steps.append(result)
        if result.data is not None:
            self.data, self._made_by["data"] = result.data, result.key
        if result.name == "train":
            self.model, self._made_by["model"] = result.model or "", result.key
        return result

    def _tell(self, said: str) -> None:
        self._line(line(said, limit=400))

    def _shown(self, title: str) -> Show:
        return lambda what, done, total: self._show(f"{title}: {what}", done, total)

    def _gate(self, name: str, title: str, policy: Any) -> Verdict:
        """Hold everything that was measured of the present model against one policy, and the stages' own verdicts beside it."""
        if self.halted is not None:
            assert self._stopped_by is not None
            self._keep(StepResult(name=name, title=title, state=State.SKIPPED, said=f"Not begun: {self.halted}"))
            return self._stopped_by
        steps = list(self._of_the_model(name))
        measurements = tuple({one.key: one for step in steps for one in step.measurements}.values())
        verdict = judge(measurements, policy, strict=self.config.gate.strict)
        others = counting(self.steps, name)
        whole = joined(verdict, others)
        against = [step.title for step in others if step.verdict is not None and step.verdict.decision is not Decision.PASS]
        said = f"Policy {policy.name}: {verdict.decision.value}." + (f" {verdict.blocking[0].why}" if verdict.blocking else "")
        if against:
            said += f" Did not pass its own policy: {', '.join(against)}."
        result = StepResult(
            name=name,
            title=title,
            state=State.of(whole.decision),
            said=said,
            gates=tuple(gate.gate for gate in verdict.blocking),
            command=gate_command(self.config, self.run.path),
            verdict=verdict,
        )
        # The numbers of the run are those of the last round, so the command of a gate before it would judge others.
        self.steps = [replace(step, command=None) if step.name.startswith("gate") else step for step in self.steps]
        self._keep(result)
        self._tell(f"{title}: {result.state.value}. {said}")
        return whole

    def _of_the_model(self, gate: str) -> Iterator[StepResult]:
        """Return the steps that say something of the model that a gate judges: the data, its training, and its own round of questions."""
        own = gate.removeprefix("gate")
        for step in self.steps:
            name, dash, rest = step.name.partition("-")
            if name not in ("compare", "memorization", "backdoor") or dash + rest == own:
                yield step
