"""A whole corpus run: list, measure, decide, compare, write. A killed run goes on with the shards that are missing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from holdfast.core import digest
from holdfast.corpus.accounts import Accounts, account
from holdfast.corpus.apart import check_apart, measures_of
from holdfast.corpus.concluding import Outcome, conclude
from holdfast.corpus.counting import Count
from holdfast.corpus.deciding import Decide
from holdfast.corpus.duplicates import find_duplicates
from holdfast.corpus.files import check_output, sweep
from holdfast.corpus.filters import open_filters
from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.measuring import Measure
from holdfast.corpus.parts import open_collectors, plant
from holdfast.corpus.plan import make_plan, shard_key
from holdfast.corpus.planting import manifest_path
from holdfast.corpus.reading_spec import read_spec
from holdfast.corpus.result import CorpusResult, read_result
from holdfast.corpus.running import CorpusRun, EngineSettings
from holdfast.corpus.signals import find_signals
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.step_list import Steps
from holdfast.corpus.training import ready
from holdfast.corpus.writing import ShardWritten, WriteShard
from holdfast.provenance.versions import CORPUS_FILE
from holdfast.runs import Manifest, RunFolder

__all__ = ["read_spec", "run_corpus"]

_WORK = "work"


def run_corpus(
    spec: CorpusSpec, out: Path, *, command: str, version: str, engine: EngineSettings, measures: Path | None = None
) -> CorpusResult:
    """Run in a corpus folder, or go on with a run that was stopped; a finished one is read and not done again.

    Args:
        spec: what is asked.
        out: the corpus folder. On a cluster it must be a folder that every node reaches under this path.
        command: how to repeat it.
        version: of Holdfast.
        engine: where the work goes.
        measures: the measures of an earlier run over the same sources, or its corpus folder; what is there is not measured again. None
            keeps them in `out`.

    Raises a HoldfastError for anything the user can mend, before anything is written where a place is wrong.
    """
    check_output(spec.output)
    filters, collectors = open_filters(spec.filters), open_collectors(spec)
    shelves = out / "measures" if measures is None else measures_of(measures)
    _check_places(spec, out, shelves)
    plan = make_plan(spec)
    manifest = Manifest(stage="corpus", holdfast=version, command=command, seed=spec.seed, asked=plan.asked())
    with RunFolder(out, manifest) as folder:
        if (out / CORPUS_FILE).exists():
            shutil.rmtree(out / _WORK, ignore_errors=True)
            return read_result(out)
        engine.settle(len(plan.shards))
        made = ready(filters, plan, shelves.absolute())
        measure = Measure(spec, shelves.absolute(), made, collectors)
        work = CorpusRun(plan, out.absolute() / _WORK, digest([spec, plan.stamp, version]), measure.shelves, engine)
        for _ in engine.each("measure", plan.shards, measure, lambda shard: shard_key(shard, spec)):
            pass
        accounts = account(work)
        steps = Steps(spec, made)
        outcome = _joint(work, out.absolute(), made, steps, accounts)
        result = conclude(work, accounts, steps, outcome, command=command, version=version)
        folder.write_measurements(result.measurements)
        sweep(out)
        result.save(out)
        shutil.rmtree(work.folder, ignore_errors=True)
    return result


def _check_places(spec: CorpusSpec, out: Path, measures: Path) -> None:
    """Raise InputError where the run would write among the documents that it reads."""
    places = {"--out": (out, True), "--measures": (measures, True)}
    if spec.canaries is not None:
        places["canaries.manifest"] = (manifest_path(spec.canaries, out.absolute()), False)
    check_apart(places, spec.sources)


def _joint(work: CorpusRun, out: Path, filters: Sequence[Filter], steps: Steps, accounts: Accounts) -> Outcome:
    """Do what follows the measures: decide, compare, look for signals, plant, write."""
    numbers = range(work.shards)
    for _ in work.each("decide", numbers, Decide(work, filters)):
        pass
    duplicates = find_duplicates(work)
    signals = find_signals(work, duplicates)
    kept = [tables["counts"]["kept"][0].as_py() for tables in work.each("count", numbers, Count(work, duplicates))]
    planting = plant(work, out, duplicates, kept)
    write = WriteShard(work, out, duplicates=duplicates, planting=planting, redactions=steps.redactions, cuts=steps.cuts)
    items = [(shard, accounts.first_lines[shard]) for shard in numbers]
    done = [msgspec.json.decode(tables["written"]["json"][0].as_py(), type=ShardWritten) for tables in work.each("write", items, write)]
    return Outcome(out, done, duplicates, signals, planting)
