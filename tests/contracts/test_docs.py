"""Pages that tell the truth: generated ones are fresh, links lead somewhere, commands exist, both READMEs say the same."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.contracts.pages import PAGES, READMES, blocks, commands, links, name_of
from tests.contracts.processes import ROOT, python

from holdfast.cli.main import app

REFERENCE = ROOT / "docs" / "reference"
_CHECK = """
import sys
from docs.generate import main
code = main(["--check"])
print("LOADED", *sorted({"torch", "transformers", "peft"} & set(sys.modules)))
sys.exit(code)
"""


def test_generated_pages_are_fresh_and_need_no_torch() -> None:
    done = python("-c", _CHECK)
    assert (done.returncode, done.stdout.strip()) == (0, "LOADED"), done.stderr


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    code = f"""
import pathlib, shutil, sys, docs.generate as generate
copy = pathlib.Path({str(tmp_path)!r}) / "reference"
shutil.copytree(generate.REFERENCE, copy)
generate.REFERENCE = copy
(copy / "cli.md").write_text((copy / "cli.md").read_text() + "more\\n")
(copy / "errors.md").unlink()
(copy / "schema" / "odd.json").write_text("{{}}")
sys.exit(generate.main(["--check"]))
"""
    done = python("-c", code)
    assert done.returncode == 1
    assert [line.removeprefix("docs/reference/") for line in done.stderr.splitlines()] == [
        "errors.md is missing",
        "cli.md is out of date",
        "schema/odd.json is no longer generated",
        "Run: python -m docs.generate",
    ]


@pytest.mark.parametrize("kind", ["suite", "judge", "model", "detector"])
def test_every_plugin_has_an_entry_on_its_page(kind: str) -> None:
    headings = re.findall(r"^##+ (.+)$", (REFERENCE / f"{kind}s.md").read_text(encoding="utf-8"), re.M)
    ours = {point.name for point in entry_points(group=f"holdfast.{kind}s") if point.value.startswith("holdfast.")}
    assert ours - set(headings) == set()


def test_both_readmes_have_the_same_headings_blocks_and_links() -> None:
    english, chinese = READMES
    assert [block.text for block in blocks(english)] == [block.text for block in blocks(chinese)]
    assert sorted({*links(english)} - {"README.zh-CN.md"}) == sorted({*links(chinese)} - {"README.md"})
    levels = [re.findall(r"^(#+) ", page.read_text(encoding="utf-8"), re.M) for page in READMES]
    rows = [len(re.findall(r"^\|", page.read_text(encoding="utf-8"), re.M)) for page in READMES]
    assert levels[0] == levels[1]
    assert rows[0] == rows[1]


def test_the_readme_names_the_two_commands() -> None:
    assert [block.text for block in blocks(READMES[0]) if block.text.startswith("make ")] == ["make demo\n", "make test\n"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_line_is_known(page: Path) -> None:
    for written, words, complete in commands(page):
        command, rest = _find(words, written)
        if complete:
            command.make_context("holdfast", list(rest), resilient_parsing=False)
        options = {name for part in command.params for name in (*part.opts, *part.secondary_opts)} | {"--help"}
        assert [word for word in rest if word.startswith("-") and word not in options] == [], written


def _find(words: list[str], written: str) -> tuple[Any, list[str]]:
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"{written!r}: no such command; known: {', '.join(command.commands)}"
        command = command.commands[rest.pop(0)]
    return command, rest


def test_an_unknown_command_and_an_unknown_option_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\nholdfast compare a b --polcy x\n```\n`holdfast compair a b`\n", encoding="utf-8")
    (first, words, complete), (second, others, _) = commands(page)
    command, rest = _find(words, first)
    assert complete
    with pytest.raises(Exception, match="--polcy"):
        command.make_context("holdfast", list(rest))
    with pytest.raises(AssertionError, match="no such command"):
        _find(others, second)


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"- (?:\w[\w ]*: )?([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M))
    found = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES if (ROOT / "docs") in page.parents}
    assert listed == found
