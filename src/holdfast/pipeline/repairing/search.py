"""`mitigate auto`: one repair after the other, on two halves of the prompts, until one passes the policy or the time is spent."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.compare.halves import HALVES
from holdfast.core import Decision, ModelError, Verdict, digest, digest_file, pretty_json
from holdfast.mitigate.repair import Repair
from holdfast.mitigate.trials import Measured, Search, Trial
from holdfast.pipeline.comparing import write_verdict
from holdfast.pipeline.named_files import contents_named
from holdfast.pipeline.repairing.asked import TASK_ROWS, Prepared, SearchSpec, check_halves, compare_spec, prepare, read_named
from holdfast.pipeline.repairing.budget import Budget, estimate_training
from holdfast.pipeline.repairing.by_hand import by_hand
from holdfast.pipeline.repairing.catalogue import repairs
from holdfast.pipeline.repairing.measuring import Bench
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train
from holdfast.pipeline.repairing.trying import OutOfTime, report_on, try_strengths
from holdfast.policy import Policy, load_policy
from holdfast.report.hostile import line
from holdfast.report.repair_html import write_repair_html
from holdfast.runs import Manifest, RunFolder, read_measurements

__all__ = ["search_repair"]

_TUNED = "tuned"
Tell = Callable[[str], None]


def search_repair(
    spec: SearchSpec,
    folder: Path,
    *,
    command: str = "",
    progress: Any = None,
    tell: Tell = lambda said: None,
    trainer: Trainer = holdfast_train,
) -> Search:
    """Search for a repair in the run folder `folder`, and write its page; the same call goes on with a search that was stopped.

    `progress` is called with (what, done, total) while a trial works, `tell` with a line where a repair begins and where a trial ends.
    Raises a HoldfastError for anything the user can mend.
    """
    rules = load_policy(spec.policy)
    wanted = repairs(only=spec.only, trainer=trainer)
    asked, task, sample = compare_spec(spec, folder)
    named = read_named(spec, asked)
    with Bench(asked, rules) as bench:
        if bench.base.fingerprint == bench.fine_tune.fingerprint:
            raise ModelError(f"{spec.base!r} and {spec.tuned!r} are the same model. Give the one before the fine-tune, then the fine-tune.")
        prepared = prepare(spec, bench.base.suites, folder / "trials" / "work")
        check_halves(asked, named, [bench.base, bench.fine_tune])
        with RunFolder(folder, _manifest(spec, rules, command, folder)) as run:
            if sample:
                run.write(TASK_ROWS, sample)
            job = _Job(spec, prepared, bench, run, wanted, progress or (lambda what, done, total: None), tell)
            found = job.search(task, command)
            _write(found, run, job.verdict_folder)
    return found


def _write(found: Search, run: RunFolder, judged: Path) -> None:
    run.write("search.json", pretty_json(found))
    run.write_measurements(read_measurements(judged))
    write_verdict(run.path, found.verdict)
    write_repair_html(found, run.path / "report.html")


def _manifest(spec: SearchSpec, rules: Policy, command: str, folder: Path) -> Manifest:
    files = [path for path in (spec.data, spec.config, *spec.tasks, *spec.held_out) if path is not None]
    named = {name: getattr(spec, name) for name in ("base", "tuned", "unaligned", "safety", "look_alikes", "suites", "judge")}
    return Manifest(
        stage="mitigate auto",
        holdfast=__version__,
        command=command,
        seed=spec.sampling.seed,
        asked={
            "base": spec.base,
            "tuned": spec.tuned,
            "unaligned": spec.unaligned or "",
            "files": {str(path): digest_file(path) for path in files if path.is_file()},
            "safety": spec.safety or "",
            "suites": list(spec.suites),
            "judge": spec.judge or "",
            "look_alikes": spec.look_alikes or "",
            "languages": list(spec.suite_options.languages),
            "contents": contents_named(named, besides=folder),
            "policy": {"name": rules.name, "digest": digest(rules)},
            "max_new_tokens": spec.sampling.max_new_tokens,
            "limit": spec.limit,
        },
    )


class _Job:
    """One search: what it asks, what it has tried, what time is left."""

    def __init__(
        self, spec: SearchSpec, prepared: Prepared, bench: Bench, run: RunFolder, wanted: list[Repair], progress: Any, tell: Tell
    ) -> None:
        self.spec, self.prepared, self.bench, self.run, self.wanted = spec, prepared, bench, run, wanted
        self.folder = run.path / "trials"
        self._log = run.evidence("trials")
        self._known = {trial.key: trial for trial in self._log.read(Trial)}  # a later row of a key has its report, too
        self._show, self._tell = progress, tell
        spent = sum(trial.seconds + trial.measuring_seconds for trial in self._known.values())
        self.budget = Budget(spec.budget_seconds, spent=spent)
        self.unfit: dict[str, str] = {}
        self.not_begun: dict[str, str] = {}
        self.verdict_folder = self.folder / _TUNED / "report"

    def search(self, task: str, command: str) -> Search:
        """Try repairs until one passes, and return what was found."""
        before = self._before()
        chosen: list[Trial] = []
        if before.report is None or before.report.decision is not Decision.PASS:
            for repair in self.wanted:
                trial = self._try(repair)
                if trial is None:
                    continue
                chosen.append(trial)
                if _passes(trial) and not self.spec.everything:
                    break
        best = _best(chosen)
        if best is not None:
            self.verdict_folder = self.folder / best.key / "report"
        return self._found(before, best, task, command)

    def _before(self) -> Trial:
        """Measure the fine-tune itself on both halves; base and fine-tune then need not be open again."""
        self._tell("The fine-tune itself: measured on both halves of the prompts")
        known = self._known.get(f"{_TUNED}-1")
        began = time.monotonic()
        selection, report = (
            self.bench.measure(self.spec.tuned, half, self.folder / _TUNED / half, progress=self._show, page=half == "report")
            for half in HALVES
        )
        took = time.monotonic() - began
        self.bench.release()
        self.budget.reserve = took + 5.0
        self.budget.took(took / 2, trains=False)
        if known is not None:
            return known
        trial = Trial(
            repair=_TUNED,
            strength=1.0,
            stage="weights",
            trains=False,
            seconds=0.0,
            cpu_seconds=0.0,
            measuring_seconds=took,
            reference=self.spec.tuned,
            selection=selection,
            report=report,
        )
        self._keep(trial)
        return trial

    def _try(self, repair: Repair) -> Trial | None:
        """Try the strengths of a repair and measure the chosen one on the report half; None where nothing was tried."""
        unfit = repair.unfit(self.prepared.case)
        if unfit is not None:
            self.unfit[repair.name] = unfit
            return None
        case = self.prepared.case
        self._tell(f"{repair.name}: begun ({repair.title}); {max(self.budget.left, 0.0):.0f} s of the budget are left")
        try:
            chosen = try_strengths(
                repair,
                case,
                self.bench,
                self.folder,
                known=self._known,
                keep=self._keep,
                may_begin=self._may_begin,
                progress=self._progress,
            )
        except OutOfTime:
            self.not_begun[repair.name] = "it was begun, and stopped when its speed said that it would outlast the budget"
            return None
        if chosen is None or chosen.report is not None:
            return chosen
        done = report_on(chosen, repair, case, self.bench, self.folder, self._show, page=True)
        self._keep(done, "report-")
        self._forget_models(repair, done)
        return done

    def _may_begin(self, repair: Repair) -> bool:
        if repair.trains and self.budget.expects(trains=True) is None:
            estimate = estimate_training(self.prepared.case, self.bench.base, self.prepared.rows)
            self.bench.release()  # a training needs the memory
            if estimate is not None:
                self.budget.took(estimate + (self.budget.expects(trains=False) or 0.0), trains=True)
        if self.budget.fits(trains=repair.trains):
            return True
        expected = self.budget.expects(trains=repair.trains) or 0.0
        self.not_begun[repair.name] = f"a trial is expected to take {expected:.0f} s, and {max(self.budget.left, 0.0):.0f} s are left"
        self._tell(f"{repair.name}: not begun, {self.not_begun[repair.name]}")
        return False

    def _keep(self, trial: Trial, prefix: str = "") -> None:
        if trial.repair != _TUNED and not prefix:
            self.budget.took(trial.seconds + trial.measuring_seconds, trains=trial.trains)
            self._tell(_ended(trial, trial.selection, "the half that strengths are chosen on"))
        elif prefix:
            self._tell(_ended(trial, trial.report, "the other half"))
        self._log.append(f"{prefix}{trial.key}", [trial])
        self._known[trial.key] = trial

    def _progress(self, what: str, done: int, total: int) -> None:
        self.budget.watch(what, done, total)
        self._show(what, done, total)

    def _forget_models(self, repair: Repair, chosen: Trial) -> None:
        """Remove the weights of strengths that were not chosen; what was measured of them stays."""
        for strength in repair.strengths:
            key = f"{repair.name}-{strength:g}"
            if key != chosen.key:
                shutil.rmtree(self.folder / key / "repair", ignore_errors=True)

    def _found(self, before: Trial, best: Trial | None, task: str, command: str) -> Search:
        from holdfast.pipeline.rejudging import judge_stored

        verdict: Verdict = judge_stored(self.verdict_folder, self.spec.policy)
        commands: tuple[str, ...] = ()
        if best is not None:
            commands = by_hand(best.commands, best.reference, self.folder, self.bench.spec, policy=self.spec.policy)
        return Search(
            base=self.spec.base,
            tuned=self.spec.tuned,
            conditions=self.prepared.conditions,
            task=task,
            before=before,
            trials=tuple(trial for trial in self._known.values() if trial.repair != _TUNED),
            recommended=best.key if best is not None else None,
            titles={repair.name: repair.title for repair in self.wanted},
            meanings={repair.name: repair.strength_means for repair in self.wanted},
            costs={repair.name: repair.costs for repair in self.wanted},
            unfit=self.unfit,
            not_begun=self.not_begun,
            by_hand=commands,
            trained_as=self.prepared.trained_as,
            verdict=verdict,
            budget_seconds=self.spec.budget_seconds,
            spent_seconds=self.budget.spent,
            command=command,
            version=__version__,
        )


def _ended(trial: Trial, found: Measured | None, where: str) -> str:
    """Return how a trial ended in a line."""
    what = line(f"{trial.repair} at {trial.strength:g}")
    if found is None:
        return f"{what}: not made. {line(trial.failed or '', limit=300)}"
    return f"{what}: {found.decision.value} on {where}, {trial.seconds + trial.measuring_seconds:.0f} s"


def _passes(trial: Trial) -> bool:
    return trial.report is not None and trial.report.decision is Decision.PASS


def _best(chosen: list[Trial]) -> Trial | None:
    """Return the first that passed on the report half; else the one that missed least where it was chosen, on the selection half."""
    passed = next((trial for trial in chosen if _passes(trial)), None)
    if passed is not None:
        return passed
    return min(chosen, key=lambda trial: trial.selection.shortfall if trial.selection else 1e9, default=None)
