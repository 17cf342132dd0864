"""`holdfast scan DATA`: what will a training file do to the model, before a GPU sees it?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_DATA = "a file (.jsonl, .json, .csv, .tsv, .txt, .parquet; .gz and .zst too), a folder, or hub:org/name@COMMIT"
_common = partial(typer.Option, rich_help_panel="Common")
_read = partial(typer.Option, rich_help_panel="How the data is read")
_looked = partial(typer.Option, rich_help_panel="What is looked for")
_how = partial(typer.Option, rich_help_panel="How the scan is run")
_fix = partial(typer.Option, rich_help_panel="Mending the data")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help=f"The training rows: {_DATA}. Several are scanned one by one.")],
    run_folder: Annotated[
        Path | None,
        _common("--run", help="Run folder; a begun scan is gone on with.", show_default="runs/scan-NAME-DIGEST"),
    ] = None,
    policy: Annotated[str, _common(help="data, article, or a YAML file.")] = "data",
    strict: Annotated[bool, _common("--strict", help="Warnings of gates that ask for it leave the verdict undecided.")] = False,
    format: Annotated[str | None, _read(help="Format of the rows.", show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, _read(help="FIELD=COLUMN, for example request=question; repeatable.")] = None,
    role_map: Annotated[list[str] | None, _read(help="NAME=ROLE, for example bot=assistant; repeatable.")] = None,
    split: Annotated[str | None, _read(help="Split of a set of the datasets library.")] = None,
    max_bad_rows: Annotated[
        int | None, _read(help="Rows that may be unreadable.", show_default="1 %, or 10 where that is no more than a tenth")
    ] = None,
    only: Annotated[list[str] | None, _looked(help="Run only this detector; repeatable.")] = None,
    skip: Annotated[list[str] | None, _looked(help="Do not run this detector; repeatable.")] = None,
    judge: Annotated[str | None, _looked(help="Judge of requests that rules leave open: NAME=MODEL.")] = None,
    toxicity: Annotated[str | None, _looked(help="Text-classification model or guard for answers.")] = None,
    test_file: Annotated[list[str] | None, _looked(help="Test prompts that must not occur in the data; repeatable.")] = None,
    canaries: Annotated[str | None, _looked(help="Manifest of planted canaries, which are left alone.")] = None,
    near_duplicate: Annotated[float, _looked(help="Jaccard similarity from which rows are near duplicates.")] = 0.8,
    engine: Annotated[str | None, _how(help="plain, processes, daft or ray.", show_default="by the number of rows")] = None,
    workers: Annotated[int | None, _how(help="How many processes.", show_default="one per processor")] = None,
    address: Annotated[str | None, _how(help="Where a Ray cluster is, for example ray://head:10001.")] = None,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of whatever is sampled.")] = 0,
    fix: Annotated[list[str] | None, _fix(help="drop, redact, deduplicate or add-safety; repeatable. Writes a new file.")] = None,
    fix_out: Annotated[str, _fix(help="The new file.")] = "",
    safety: Annotated[str | None, _fix(help="A file of safety rows, for add-safety.")] = None,
    safety_share: Annotated[float | None, _fix(help="Share of safety rows that the new file is to have.", show_default="0.05")] = None,
    explain: Annotated[str | None, _output(metavar="FILE:LINE", help="Say all about one row instead; exits with 0.")] = None,
    sarif: Annotated[Path | None, _output(help="Also write SARIF, which code hosts show in place.")] = None,
    markdown: Annotated[Path | None, _output(help="Also write a Markdown table, for a pull request.")] = None,
    json: Annotated[bool, _output("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Scan training data: what in it will break the model, leak or repeat, and what is missing that keeps it safe.

    Writes a run folder with every finding, measurements, the verdict and report.html. Exits with 0 (pass), 3 (a blocking
    gate failed) or 4 (undecided), for several sets with the gravest. No text of a row is printed.
    """
    import msgspec

    from holdfast.cli.command import command_line, pairs
    from holdfast.cli.scan_output import ScanOutput, check_one, fix_plan
    from holdfast.core import worst
    from holdfast.pipeline import scan_and_judge, scan_name
    from holdfast.plugins import ScanOptions
    from holdfast.policy import load_policy
    from holdfast.scan import ScanSpec, prepare

    spec = ScanSpec(
        data=data[0],
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
        roles=pairs(role_map, "--role-map NAME=ROLE"),
        split=split,
        max_bad_rows=max_bad_rows,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        options=ScanOptions(
            judge=judge,
            toxicity=toxicity,
            test_files=tuple(test_file or ()),
            canaries=canaries,
            near_duplicate=near_duplicate,
            seed=seed,
        ),
        engine=engine,
        workers=workers,
        address=address,
    )
    plan = fix_plan(fix or (), out=fix_out, safety=safety, safety_share=safety_share)
    output = ScanOutput(sarif=sarif, markdown=markdown, json=json, quiet=quiet, explain=explain, plan=plan)
    output.check()
    check_one(data, {"--run": run_folder, "--sarif": sarif, "--markdown": markdown, "--explain": explain, "--fix": fix, "--json": json})
    load_policy(policy)
    decisions = []
    for name in data:
        job = prepare(msgspec.structs.replace(spec, data=name), hire=explain is None)
        output.check_row(job)
        with progress_bar(shown=not (json or quiet)) as progress:
            folder = run_folder or scan_name(job)
            outcome = scan_and_judge(job, folder, policy=policy, strict=strict, command=command_line(), progress=progress)
        decisions.append(output.finish(job, outcome))
    raise typer.Exit(worst(decisions).exit_code)
