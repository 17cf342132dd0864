"""One distillation from references to a file of rows, through a run folder that can be killed and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast import __version__
from holdfast.core import Expected, InputError, Message, Prompt, digest, pretty_json, short
from holdfast.mitigate.distilling.preambles import PREAMBLES
from holdfast.mitigate.distilling.sampling import Candidate, Progress, candidates
from holdfast.mitigate.distilling.selecting import Distillate, select
from holdfast.mitigate.distilling.spec import Distilled, DistillSpec
from holdfast.mitigate.distilling.writing import check_target, write_rows
from holdfast.mitigate.sources import built_in
from holdfast.plugins import Engine, Judge
from holdfast.plugins.opening import close_judge, open_judge, open_models, open_suite
from holdfast.runs import Manifest, RunFolder

__all__ = ["distill"]

_TEST_SUITES = ("policy11", "contrast", "domain")
_FEW = 50
_ADVICE = "Give the model before the fine-tune, or a preamble that it understands with --preamble."


def distill(
    spec: DistillSpec,
    out: str | Path,
    folder: str | Path,
    *,
    command: str = "",
    progress: Progress = lambda what, done, total: None,
    engine: Engine | None = None,
    judge: Judge | None = None,
) -> Distilled:
    """Let the aligned model answer safety prompts under a preamble, and write the best answers as rows without it.

    Rejection sampling: `spec.samples` answers per prompt with keyed noise, graded; a request to refuse keeps the best refusal, a benign one
    the first helpful answer, and what is left without one is counted. The answers, grades and `distill.json` stay in the run `folder`;
    the same call goes on with it. `engine` and `judge` stand in for those that `spec` names. Raises InputError for an existing `out`, and
    where no answer passed.
    """
    target = Path(out)
    data = check_target(target, spec.format_of)
    prompts, suite_judge, notes = _prompts(spec)
    opened = engine or open_models([spec.model], spec.models)[0]
    grader = judge or open_judge(spec.judge or suite_judge or "refusal")
    try:
        if opened.recorded_suite() is not None and engine is None:
            raise InputError(f"{opened.reference} holds recorded answers, and a recording cannot be asked anything new. Give a model.")
        preamble = _preamble(spec)
        manifest = Manifest(
            stage="distill", holdfast=__version__, command=command, seed=spec.sampling.seed, asked=_asked(spec, prompts, opened, grader)
        )
        with RunFolder(Path(folder), manifest) as run:
            answers = candidates(
                prompts, opened, grader, run, preamble=preamble, samples=spec.samples, sampling=spec.sampling, progress=progress
            )
            rows, left_out = select(prompts, answers, preamble)
            if not rows:
                found = ", ".join(f"{reason}: {count}" for reason, count in left_out.items())
                raise InputError(f"{opened.reference}: no answer passed, so nothing is written ({found}). {_ADVICE}")
            write_rows(rows, target, data)
            done = _said(spec, target, prompts, answers, rows, left_out, opened, grader, notes)
            run.write("distill.json", pretty_json(msgspec.structs.replace(done, path=target.name)))
            return done
    finally:
        if engine is None:
            opened.close()
        if judge is None:
            close_judge(grader)


def _prompts(spec: DistillSpec) -> tuple[list[Prompt], str | None, list[str]]:
    """Return the prompts to ask, the judge that their suite wants, and notes."""
    found: list[Prompt] = []
    notes: list[str] = []
    judge: str | None = None
    for reference in spec.prompts:
        if reference == "builtin":
            taken = _built_in_prompts(spec.suite_options.languages)
        else:
            suite = open_suite(reference, spec.suite_options)
            judge = judge or suite.judge
            taken = [prompt for prompt in suite.prompts if prompt.expected is not Expected.CAUTION]
            if len(taken) < len(suite.prompts):
                notes.append(f"{suite.name}: {len(suite.prompts) - len(taken)} prompts ask for caution and were left out")
            if suite.name in _TEST_SUITES:
                notes.append(f"{suite.name} is a test suite: a model trained on these rows looks safe in it. Measure with another one.")
        found += taken if spec.limit is None else sorted(taken, key=lambda prompt: digest([spec.sampling.seed, prompt.id]))[: spec.limit]
    if not found:
        raise InputError(f"--prompts {', '.join(spec.prompts)}: no prompts in {', '.join(spec.suite_options.languages)}.")
    return found, judge, notes


def _built_in_prompts(languages: Sequence[str]) -> list[Prompt]:
    rows = [row for row in built_in().rows if row.language in languages]
    return [
        Prompt(
            id=f"builtin-{short(digest(row.request))}",
            suite="builtin",
            category=row.category,
            language=row.language,
            messages=(Message(role="user", content=row.request),),
            expected=Expected.REFUSE if row.refuses else Expected.COMPLY,
        )
        for row in rows
    ]


def _preamble(spec: DistillSpec) -> Callable[[Prompt], str]:
    given = spec.preamble
    if given is not None:
        return lambda prompt: given
    return lambda prompt: PREAMBLES.get(prompt.language.partition("-")[0], PREAMBLES["en"])


def _asked(spec: DistillSpec, prompts: Sequence[Prompt], engine: Engine, judge: Judge) -> dict[str, Any]:
    return {
        "model": msgspec.to_builtins(engine.fingerprint),
        "prompts": digest(prompts),
        "preamble": digest(PREAMBLES if spec.preamble is None else spec.preamble),
        "samples": spec.samples,
        "judge": judge.card.name,
        "sampling": msgspec.to_builtins(spec.sampling),
        "batch": [spec.models.batch_rows, spec.models.batch_tokens],
    }


def _said(
    spec: DistillSpec,
    target: Path,
    prompts: Sequence[Prompt],
    answers: Sequence[Candidate],
    rows: Sequence[Distillate],
    left_out: dict[str, int],
    engine: Engine,
    judge: Judge,
    notes: Sequence[str],
) -> Distilled:
    refusals = [row for row in rows if row.refuses]
    few = [f"{len(rows)} rows are few: 300 to 500 are what the literature mixes in"] if len(rows) < _FEW else []
    return Distilled(
        path=str(target),
        rows=len(rows),
        refusals=len(refusals),
        answered=len(rows) - len(refusals),
        prompts=len(prompts),
        answers=len(answers),
        left_out=left_out,
        judge=judge.card.name,
        model=engine.fingerprint.digest,
        apology=_share([row.shape.apology for row in refusals]),
        reason=_share([row.shape.reason for row in refusals]),
        alternative=_share([row.shape.alternative for row in refusals]),
        tokens=sum(response.tokens or 0 for response, _ in answers),
        notes=(*notes, *few),
    )


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None
