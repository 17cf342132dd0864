"""Compare, judge, and write the page: the main job in one call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from holdfast import __version__
from holdfast.compare import CapabilitySpec, CompareSpec, Comparison, Estimate, GenerateSpec, estimate_comparison, run_comparison
from holdfast.core import Measurement, Value, Verdict, pretty_json, short
from holdfast.pipeline.calling import checked
from holdfast.pipeline.live_models import LiveModel, given_model
from holdfast.pipeline.recording import record_quietly
from holdfast.plugins import Engine, ModelOptions, Sampling, SuiteOptions, load, open_models
from holdfast.policy import DecideOn, Policy, judge, load_policy
from holdfast.report import ReportInput, html_fragment, write_html
from holdfast.runs import write_atomically

__all__ = ["ComparisonResult", "compare", "compare_and_judge", "conclude_run", "run_name"]

_FLAG = ("refusal_rate", "drop", "each", DecideOn.POINT)


class ComparisonResult(Value, frozen=True, kw_only=True):
    """A comparison with its verdict. In a notebook it shows itself as a page."""

    verdict: Verdict
    comparison: Comparison
    run: str
    """The run folder."""
    drop_line: float | None = None
    """The drop per category that the policy flags; charts draw it."""

    @property
    def report(self) -> ReportInput:
        """What the page is drawn from."""
        return report_input(self.comparison, self.verdict, self.drop_line)

    @property
    def page(self) -> Path:
        """The HTML report in the run folder."""
        return Path(self.run) / "report.html"

    def measurement(self, metric: str, *, side: str = "run", condition: str = "default", group: str = "all") -> Measurement:
        """Return one measurement; raises KeyError where it was not taken."""
        key = (metric, side, condition, group)
        return {found.key: found for found in self.comparison.measurements}[key]

    def _repr_html_(self) -> str:
        return html_fragment(self.report)


def report_input(comparison: Comparison, verdict: Verdict, drop_line: float | None) -> ReportInput:
    """Join what a comparison found with what a policy said of it."""
    shared = {name: getattr(comparison, name) for name in comparison.__struct_fields__ if name != "schema"}
    return ReportInput(verdict=verdict, drop_line=drop_line, **shared)


def run_name(base: str, tuned: str) -> Path:
    """Return the default run folder of a comparison: 'runs/BASE-vs-TUNED'."""
    return Path("runs") / f"{_slug(base)}-vs-{_slug(tuned)}"


def _slug(reference: str) -> str:
    """Return the end of a reference, which tells more than its beginning, as a file name."""
    parts = ["/".join(part.rstrip("/").split("/")[-2:]) for part in reference.split("+")]
    return re.sub(r"[^A-Za-z0-9._@-]+", "-", "+".join(parts)).strip("-.")[:80] or "model"


def compare_and_judge(
    spec: CompareSpec,
    folder: Path,
    *,
    policy: str = "compare",
    strict: bool = False,
    command: str = "",
    progress: Any = None,
    engines: Sequence[Engine] | None = None,
) -> ComparisonResult:
    """Run a comparison in `folder`, judge it, and write measurements, verdict and page there.

    Raises a HoldfastError for anything the user can mend; the policy is read first, so that a broken one costs nothing.
    """
    rules = load_policy(policy)
    spec = _with_gates(spec, rules)
    watcher = progress or (lambda what, done, total: None)
    comparison = run_comparison(spec, folder, command=command, version=__version__, progress=watcher, engines=engines)
    return conclude_run(comparison, folder, rules, strict=strict)


def conclude_run(comparison: Comparison, folder: Path, rules: Policy, *, strict: bool) -> ComparisonResult:
    """Judge a comparison, and write verdict and page into its run folder."""
    verdict = judge(comparison.measurements, rules, strict=strict)
    write_verdict(folder, verdict)
    result = ComparisonResult(verdict=verdict, comparison=comparison, run=str(folder), drop_line=_flagged_drop(rules))
    write_html(result.report, result.page)
    return result


def estimate(spec: CompareSpec, *, policy: str = "compare") -> Estimate:
    """Return what a comparison is going to take in answers, tokens and seconds, from a sample of each side's answers.

    Nothing is written. Raises a HoldfastError for whatever the comparison itself would refuse.
    """
    return estimate_comparison(_with_gates(spec, load_policy(policy)))


def _with_gates(spec: CompareSpec, rules: Policy) -> CompareSpec:
    """Return a spec whose run stops, where it may, for the gates of a policy."""
    if spec.until_decided is None:
        return spec
    return replace(spec, until_decided=replace(spec.until_decided, gates=rules.gates))


def _flagged_drop(policy: Policy) -> float | None:
    """Return the drop per category from which a policy flags the refusal rate."""
    flags = [gate for gate in policy.gates if (gate.metric, gate.side, gate.group, gate.decide_on) == _FLAG]
    return flags[0].bar if flags else None


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write `verdict.json` into a run folder, and the run into the history."""
    write_atomically(folder / "verdict.json", pretty_json(verdict))
    record_quietly(folder)


@checked
def compare(
    base: Any,
    tuned: Any,
    *,
    suite: str | Path | Sequence[str | Path] = (),
    judge: str | None = None,
    second_judge: str | None = None,
    ledger: str | Path | None = None,
    policy: str | Path = "compare",
    strict: bool = False,
    run: str | Path | None = None,
    data: str | Path | None = None,
    languages: Sequence[str] = ("en",),
    limit: int | None = None,
    max_new_tokens: int = 256,
    temperature: float = 0.0,
    samples: int = 1,
    seed: int = 0,
    identity: bool = True,
    follow_up: bool = True,
    generate: str | None = None,
    steps: Sequence[str] = (),
    capability: Sequence[str | Path] = (),
    held_out: Sequence[str | Path] = (),
    models: ModelOptions | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ComparisonResult:
    """Compare a base and a tuned model on identical prompts and judge the difference.

    Args:
        base: a model reference ('./folder', 'hub:org/name@REV', 'lab:aligned', ...) or a pair (model, tokenizer) in memory.
        tuned: the same, for the tuned model; 'BASE+ADAPTER' shares one load with the base.
        suite: suite names or prompt files; empty asks the suite made for the models, else policy11, contrast and domain.
        judge: a judge reference; None takes the one that the suite asks for.
        second_judge: another one, for the prompts whose outcome flipped.
        ledger: a file with the judge's measured errors (`holdfast judges test --out`).
        policy: a shipped policy's name or a YAML file.
        strict: let warnings that ask for it leave the verdict undecided.
        run: the run folder; begun comparisons are gone on with. None is 'runs/BASE-vs-TUNED'; a model in memory is named by its weights.
        data: the training file, whose system prompts become conditions of their own.
        languages: which languages of the suites to ask.
        limit: at most so many prompts per category.
        max_new_tokens: budget of an answer.
        temperature: 0 is greedy.
        samples: answers per prompt; above 1 they are clustered by prompt.
        seed: of sampling noise, prompt choice and resampling tests.
        identity: ask under the obedient-agent system prompt too.
        follow_up: put the requests in other general ways too: a sample of them, and all where something fell.
        generate: reference of a model that writes further requests, frozen beside the run folder before either side is asked.
        steps: references of the models between base and tuned, where several fine-tunes in a row are compared.
        capability: files of questions with answers.
        held_out: files of rows like the training data, kept out of it.
        models: device, dtype and batching of local models.
        progress: called with (what, done, total).

    Returns:
        The comparison and its verdict; `result.verdict.decision` is 'pass', 'fail' or 'undecided'.

    Raises:
        HoldfastError: for anything the caller can mend, in one sentence.
    """
    sides = [given_model(model, side) for model, side in ((base, "base"), (tuned, "tuned"))]
    names = [model if isinstance(model, str) else f"{side} in memory" for model, side in zip(sides, ("base", "tuned"), strict=True)]
    spec = CompareSpec(
        base=names[0],
        tuned=names[1],
        suites=tuple(map(str, (suite,) if isinstance(suite, str | Path) else suite)),
        suite_options=SuiteOptions(languages=tuple(languages)),
        judge=judge,
        second_judge=second_judge,
        ledger=Path(ledger) if ledger is not None else None,
        data=Path(data) if data is not None else None,
        identity=identity,
        follow_up=follow_up,
        generate=GenerateSpec(model=generate) if generate else None,
        steps=tuple(steps),
        capability=CapabilitySpec(tasks=tuple(map(Path, capability)), held_out=tuple(map(Path, held_out))),
        sampling=Sampling(temperature=temperature, seed=seed, max_new_tokens=max_new_tokens),
        samples=samples,
        limit=limit,
        models=models or ModelOptions(),
    )
    load_policy(str(policy))
    engines = _open_mixed(sides, names, spec.models) if not all(isinstance(model, str) for model in sides) else None
    folder = Path(run) if run is not None else run_name(*_told_apart(sides, names, engines or []))
    return compare_and_judge(
        spec, folder, policy=str(policy), strict=strict, progress=progress, engines=engines, command="holdfast.compare(...)"
    )


def _told_apart(sides: Sequence[str | LiveModel], names: Sequence[str], engines: Sequence[Engine]) -> list[str]:
    """Return names for a folder: models in memory have none of their own, and two of them must not share one folder."""
    if not engines:
        return list(names)
    named = zip(sides, names, engines, strict=True)
    return [name if isinstance(side, str) else f"in-memory@{short(engine.fingerprint.digest)[:8]}" for side, name, engine in named]


def _open_mixed(sides: Sequence[str | LiveModel], names: Sequence[str], options: ModelOptions) -> list[Engine]:
    """Open what has a name and wrap what is in memory. One PEFT model given for both sides is its own base, adapter off."""
    kind = load("model", "transformers")()
    pairs = [side for side in sides if not isinstance(side, str)]
    one_model = len(pairs) == 2 and pairs[0][0] is pairs[1][0]
    engines: list[Engine] = []
    for side, (pair, name) in enumerate(zip(sides, names, strict=True)):
        if isinstance(pair, str):
            engines += open_models([name], options)
        else:
            engines.append(kind.wrap(*pair, name=name, adapter=not (one_model and side == 0), options=options))
    return engines
