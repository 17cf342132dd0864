"""Is the artefact that ships the model that was tested? Its behaviour against the stored answers, judged by a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from holdfast import __version__
from holdfast.compare import ArtefactSpec, compare_artefact
from holdfast.core import Decision, RunFolderError, Value, Verdict
from holdfast.pipeline.comparing import ComparisonResult, conclude_run, run_name
from holdfast.plugins import Engine, ModelOptions
from holdfast.policy import hold_to_measurements, load_policy
from holdfast.runs import Manifest, read_measurements

__all__ = ["ServedCheck", "verify_served"]


class ServedCheck(Value, frozen=True, kw_only=True):
    """How an artefact stands to the model that was tested, and what the test had said of that model."""

    tested: Verdict
    result: ComparisonResult

    @property
    def decision(self) -> Decision:
        """The worse of both verdicts: an artefact that is true to a model that failed does not pass."""
        both = (self.tested.decision, self.result.verdict.decision)
        return next((one for one in (Decision.FAIL, Decision.UNDECIDED) if one in both), Decision.PASS)


def verify_served(
    folder: Path,
    served: str,
    *,
    run: Path | None = None,
    policy: str = "artefact",
    judge: str | None = None,
    ledger: Path | None = None,
    models: ModelOptions | None = None,
    command: str = "",
    progress: Any = None,
    engine: Engine | None = None,
) -> ServedCheck:
    """Ask what ships the prompts of a finished comparison, and hold its answers against those of the tested model.

    Args:
        folder: the run folder of the comparison that tested the model.
        served: reference of what ships: a merged, quantised or converted folder, 'openai:MODEL@URL', recorded answers.
        run: the run folder of the check; None is 'FOLDER-vs-SERVED' beside `folder`. A begun one is gone on with.
        policy: a shipped policy's name or a YAML file; the tested model is its side base, what ships its side tuned.
        judge: a judge reference for both sides; None is the judge of `folder`. One that is a model has to be named.
        ledger: a file with the judge's measured errors.
        models: device, dtype, batching, and how a server is asked.
        command: how to do it again, kept with the evidence.
        progress: called with (what, done, total).
        engine: `served`, where it is open already.

    Raises:
        RunFolderError: where `folder` holds no finished, judged comparison.
        HoldfastError: for anything else the caller can mend.
    """
    rules = load_policy(policy)
    tested = _decoded(folder / "verdict.json", Verdict).checked(folder / "verdict.json")
    hold_to_measurements(tested, read_measurements(folder), folder / "verdict.json")
    asked = _decoded(folder / "run.json", Manifest).asked
    grader = judge or str(asked.get("judge")).partition("@")[0]
    spec = ArtefactSpec(tested=folder, served=served, judge=grader, ledger=ledger, models=models or ModelOptions())
    # An address ends in the same words for every model behind it.
    shown = served.partition("@")[0] if "://" in served else served
    where = run or folder.parent / run_name(folder.name, shown).name
    watcher = progress or (lambda what, done, total: None)
    comparison = compare_artefact(spec, where, command=command, version=__version__, progress=watcher, engine=engine)
    return ServedCheck(tested=tested, result=conclude_run(comparison, where, rules, strict=False))


def _decoded(path: Path, kind: Any) -> Any:
    if not path.is_file():
        raise RunFolderError(f"{path.parent} holds no {path.name}. Give the folder of a finished comparison that was judged.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected what Holdfast writes there, got something else ({error}).") from error
