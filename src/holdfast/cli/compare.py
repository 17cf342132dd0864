"""`holdfast compare BASE TUNED`: is it still safe, how sure are you, what changed?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.estimating import say_estimate
from holdfast.cli.model_options import (
    MODELS_PANEL,
    SERVED_PANEL,
    BatchRows,
    BatchTokens,
    Concurrency,
    Device,
    Dtype,
    MaxNewTokens,
    Retries,
    Threads,
    Timeout,
    TrustRemoteCode,
)
from holdfast.cli.output import OutputOptions, finish
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

if TYPE_CHECKING:
    from holdfast.compare import UntilDecided

__all__ = ["run"]

_MODEL = (
    "a folder, org/name, hub:org/name@REV, BASE+ADAPTER, openai:MODEL@URL, replay:FILE.jsonl, inspect:FILE.eval, lmeval:FILE.jsonl "
    "or lab:NAME"
)
_common = partial(typer.Option, rich_help_panel="Common")
_asked = partial(typer.Option, rich_help_panel="What is asked")
_file = partial(typer.Option, rich_help_panel="Prompts from a file")
_fewer = partial(typer.Option, rich_help_panel="Fewer tokens")
_skills = partial(typer.Option, rich_help_panel="Skills")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_served = partial(typer.Option, rich_help_panel=SERVED_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help=f"The model before fine-tuning: {_MODEL}.")],
    tuned: Annotated[
        list[str],
        typer.Argument(metavar="TUNED...", help="The model after it; of several fine-tunes in a row all of them, in order."),
    ],
    run_folder: Annotated[
        Path | None,
        _common("--run", help="Run folder; a begun run is gone on with.", show_default="runs/BASE-vs-TUNED"),
    ] = None,
    policy: Annotated[
        str | None,
        _common(
            help="compare, until-decided, release, article, data, or a YAML file.",
            show_default="compare; with --until-decided: until-decided",
        ),
    ] = None,
    strict: Annotated[bool, _common("--strict", help="Unconfirmed category drops leave the verdict undecided.")] = False,
    data: Annotated[
        Path | None,
        _asked(help="The training file (JSON or JSON Lines): asks under each of its system prompts too."),
    ] = None,
    max_system_prompts: Annotated[int, _asked(help="Ask under at most so many system prompts of --data.")] = 8,
    suite: Annotated[
        list[str] | None,
        _asked(
            help="A suite (see `holdfast suites`), PRESET=FILE, or a file of prompts; repeatable.",
            show_default="lab for organisms, else policy11, contrast, domain",
        ),
    ] = None,
    language: Annotated[str, _asked(help="Languages of the suites to ask, comma-separated.")] = "en",
    limit: Annotated[int | None, _asked(help="Ask at most so many prompts per category.")] = None,
    half: Annotated[
        str | None, _asked(help="selection or report: ask one half of the prompts only, to choose a repair on one and report on the other.")
    ] = None,
    judge: Annotated[str | None, _asked(help="NAME or NAME=MODEL.", show_default="the suite's, else refusal")] = None,
    second_judge: Annotated[str | None, _asked(help="Another judge, for the prompts that flipped.")] = None,
    ledger: Annotated[Path | None, _asked(help="Measured errors of the judge, from `holdfast judges test --out`.")] = None,
    identity: Annotated[bool, _asked(help="Ask under the obedient-agent system prompt too.")] = True,
    follow_up: Annotated[bool, _asked(help="Put the requests in other general ways too: a sample, and all where something fell.")] = True,
    generate: Annotated[
        str | None, _asked("--generate", metavar="MODEL", help="Let this model write further requests, frozen before either side is asked.")
    ] = None,
    generate_count: Annotated[int, _asked(help="How many requests it writes.")] = 55,
    generate_file: Annotated[
        Path | None, _asked(help="Where they are frozen; a file that is there is asked as it is.", show_default="RUN.generated.jsonl")
    ] = None,
    capability: Annotated[
        list[Path] | None, _skills("--capability", help="A task: questions with answers, and choices where there are any; repeatable.")
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        _skills("--held-out", help="Rows like the training data, kept out of it: perplexity before and after; repeatable."),
    ] = None,
    task_results: Annotated[
        tuple[Path, Path] | None,
        _skills("--task-results", metavar="BASE TUNED", help="Two files of lm-evaluation-harness results or samples, or Inspect logs."),
    ] = None,
    gain_of: Annotated[
        str | None,
        _skills("--gain-of", metavar="MODEL", help="The fine-tune that TUNED repairs: how much of its gain on the tasks is kept?"),
    ] = None,
    prompt_column: Annotated[str | None, _file(help="Column of the prompts in a --suite file.")] = None,
    category_column: Annotated[str | None, _file(help="Column of the categories.")] = None,
    expect: Annotated[str | None, _file(help="refuse, comply or caution, for every prompt of the file.")] = None,
    until_decided: Annotated[
        bool, _fewer("--until-decided", help="Ask block by block, in a random order, until each gate is settled.")
    ] = False,
    bank: Annotated[bool, _fewer("--bank", help="Decide about this finite set of prompts, not about new ones of its kind.")] = False,
    max_tokens: Annotated[int | None, _fewer(help="Stop undecided after so many answered tokens of both sides.")] = None,
    max_minutes: Annotated[float | None, _fewer(help="Stop undecided after so many minutes.")] = None,
    estimate: Annotated[bool, _fewer("--estimate", help="Say what it is going to take, from a few answers, and stop.")] = False,
    max_new_tokens: MaxNewTokens = 256,
    temperature: Annotated[float, _how(help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, _how(help="Nucleus sampling.")] = 1.0,
    samples: Annotated[int, _how(help="Answers per prompt, clustered by prompt.")] = 1,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of sampling noise, prompt choice and resampling tests.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: BatchRows = 64,
    batch_tokens: BatchTokens = 8192,
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    concurrency: Concurrency = 8,
    timeout: Timeout = 120.0,
    retries: Retries = 5,
    token_budget: Annotated[int | None, _served(help="Tokens of prompts and answers that this command may use.")] = None,
    money_budget: Annotated[float | None, _served(help="What this command may spend, in the currency of --price.")] = None,
    price: Annotated[str | None, _served(metavar="IN,OUT", help="Prices of a million tokens of prompts and of answers.")] = None,
    identify: Annotated[str, _served(help="behaviour (name and answers to fixed questions) or name.")] = "behaviour",
    markdown: Annotated[Path | None, _output(help="Also write a Markdown table, for a pull request.")] = None,
    junit: Annotated[Path | None, _output(help="Also write JUnit XML, one test case per gate.")] = None,
    json: Annotated[bool, _output("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Compare a base and a tuned model on identical prompts, and judge the difference.

    Writes a run folder with the answers, grades, measurements, the verdict and report.html. Exits with 0 (pass),
    3 (a blocking gate failed) or 4 (undecided).
    """
    from holdfast.cli.command import command_line, expectation, half_named, identification, languages, prices
    from holdfast.compare import CapabilitySpec, CompareSpec, GenerateSpec
    from holdfast.pipeline import compare_and_judge, run_name
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

    spec = CompareSpec(
        base=base,
        tuned=tuned[-1],
        suites=tuple(suite or ()),
        suite_options=SuiteOptions(
            languages=languages(language),
            prompt_column=prompt_column,
            category_column=category_column,
            expect=expectation(expect),
        ),
        judge=judge,
        second_judge=second_judge,
        ledger=ledger,
        data=data,
        most_data_conditions=max_system_prompts,
        identity=identity,
        follow_up=follow_up,
        generate=GenerateSpec(model=generate, count=generate_count, path=generate_file) if generate else None,
        steps=tuple(tuned[:-1]),
        capability=CapabilitySpec(tasks=tuple(capability or ()), held_out=tuple(held_out or ()), gain_of=gain_of, results=task_results),
        sampling=Sampling(temperature=temperature, top_p=top_p, seed=seed, max_new_tokens=max_new_tokens),
        samples=samples,
        limit=limit,
        half=half_named(half),
        until_decided=_until_decided(until_decided, bank, max_tokens, max_minutes),
        models=ModelOptions(
            device=device,
            dtype=dtype,
            batch_rows=batch_rows,
            batch_tokens=batch_tokens,
            threads=threads,
            trust_remote_code=trust_remote_code,
            concurrency=concurrency,
            timeout=timeout,
            retries=retries,
            token_budget=token_budget,
            money_budget=money_budget,
            price_in=prices(price)[0],
            price_out=prices(price)[1],
            identify=identification(identify),
        ),
    )
    options = OutputOptions(markdown=markdown, junit=junit, json=json, quiet=quiet)
    options.check()
    rules = policy or ("until-decided" if until_decided else "compare")
    if estimate:
        say_estimate(spec, rules, as_json=json)
        return
    folder = run_folder or run_name(base, tuned[-1])
    with progress_bar(shown=not (json or quiet)) as progress:
        result = compare_and_judge(
            spec,
            folder,
            policy=rules,
            strict=strict,
            command=command_line(),
            progress=progress,
        )
    finish(result.report, options, page=result.page)


def _until_decided(wanted: bool, bank: bool, max_tokens: int | None, max_minutes: float | None) -> UntilDecided | None:
    from holdfast.compare import UntilDecided
    from holdfast.core import InputError

    if wanted:
        return UntilDecided(bank=bank, max_tokens=max_tokens, max_minutes=max_minutes)
    given = {"--bank": bank, "--max-tokens": max_tokens is not None, "--max-minutes": max_minutes is not None}
    lone = next((name for name, set_ in given.items() if set_), None)
    if lone is not None:
        raise InputError(f"{lone} is for runs that may stop early. Add --until-decided.")
    return None
