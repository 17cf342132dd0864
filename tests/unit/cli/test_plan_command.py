"""`holdfast plan`: tables on the terminal, JSON, Markdown, a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said

Run = Callable[..., Said]


@pytest.mark.parametrize("command", ["phases", "sources", "alignment", "why"])
def test_every_plan_prints_writes_markdown_and_a_page(run: Run, tmp_path: Path, command: str) -> None:
    said = run("plan", command, "--markdown", tmp_path / "plan.md", "--html", tmp_path / "plan.html")
    assert (said.code, said.err) == (0, "")
    assert "What to do next" in said.out
    markdown, page = ((tmp_path / name).read_text(encoding="utf-8") for name in ("plan.md", "plan.html"))
    assert "### What to do next" in markdown
    assert "<h1" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert isinstance(json.loads(run("plan", command, "--json").out), dict | list)


def test_phases_show_the_comparison(run: Run) -> None:
    out = run("plan", "phases").out
    line = next(line for line in out.splitlines() if line.startswith("Supply chain"))
    assert line.split() == ["Supply", "chain", "critical", "medium", "low", "medium", "critical"]


def test_sources_take_the_users_own(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('sources:\n- {name: "<b>tickets", detection: hard, examples: ["spam \\e[31m"]}\n', encoding="utf-8")
    assert [row["source"]["name"] for row in json.loads(run("plan", "sources", path, "--json").out)][4] == "<b>tickets"
    said = run("plan", "sources", path, "--only", "--html", tmp_path / "page.html")
    assert "web crawl" not in said.out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;tickets" in page
    assert "[U+001B]" in page


def test_usage_errors_are_one_sentence(run: Run, tmp_path: Path) -> None:
    assert run("plan", "sources", "--only").code == 2
    said = run("plan", "sources", tmp_path / "none.yaml")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert run("plan", "alignment", "--attack-cost", "0").code == 2


def test_alignment_takes_its_inputs_as_options(run: Run) -> None:
    found = json.loads(run("plan", "alignment", "--attack-cost", "1", "--json").out)
    assert found["asymmetry"] == 1060
