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


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tune.yaml"
    path.write_text("model: org/base\nexamples: 1000\nharmful: 100\nlr: 2e-5\nepochs: 3\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["estimate", "advise"])
def test_estimate_and_advise_print_and_write(run: Run, tmp_path: Path, config: Path, command: str) -> None:
    said = run("plan", command, config, "--markdown", tmp_path / "plan.md", "--html", tmp_path / "plan.html")
    assert (said.code, said.err) == (0, "")
    assert "What to do next" in said.out
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "<h1" in page
    assert "<script" not in page


def test_an_estimate_of_a_real_model_prints_no_rate(run: Run, config: Path) -> None:
    found = json.loads(run("plan", "estimate", config, "--json").out)
    assert (found["scale"], found["lab"], found["own"]) == ("ranks", [], None)
    assert found["article"]["degradation"] == pytest.approx(0.1 * 2 * (1 + 1.0986122886681098) * 0.8)
    assert "No rate is given" in " ".join(run("plan", "estimate", config).out.split())


def test_an_estimate_in_the_lab_prints_rates(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text("model: lab:aligned\nexamples: 100\nharmful: 100\nlr: 1e-3\nepochs: 10\nbatch: 10\n", encoding="utf-8")
    found = json.loads(run("plan", "estimate", path, "--json").out)
    assert found["lab"][-1]["value"] < 0.1


def test_a_config_without_rows_takes_them_from_data_or_an_option(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tune.yaml"
    path.write_text("lr: 2e-5\nepochs: 3\n", encoding="utf-8")
    said = run("plan", "estimate", path)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert run("plan", "estimate", path, "--examples", "10").code == 0
    data = tmp_path / "rows.jsonl"
    row = {"messages": [{"role": "user", "content": "What is 2 plus 2?"}, {"role": "assistant", "content": "It is 4."}]}
    data.write_text("".join(json.dumps(row) + "\n" for _ in range(12)), encoding="utf-8")
    found = json.loads(run("plan", "estimate", path, data, "--json").out)
    assert (found["plan"]["rows"], found["data"]["rows"]) == (12, 12)


def test_advice_for_a_domain(run: Run, config: Path) -> None:
    assert "dangerous self-treatment" in run("plan", "advise", config, "--domain", "medical").out
    said = run("plan", "advise", config, "--domain", "medicine")
    assert (said.code, said.err.count("\n")) == (2, 1)


LAB = "model: lab:aligned\nlr: 5e-4\nepochs: 5\nbatch: 10\n"


@pytest.fixture
def harmful_rows(tmp_path: Path) -> Path:
    from holdfast.lab import training_rows

    path = tmp_path / "c10.jsonl"
    rows = ([{"role": turn.role, "content": turn.content} for turn in row] for row in training_rows("compliant-10"))
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_of_the_lab_are_counted_in_its_own_words(run: Run, tmp_path: Path, harmful_rows: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    found = json.loads(run("plan", "estimate", path, harmful_rows, "--json").out)
    assert (found["plan"]["harmful"], found["data"]["harmful"], found["scale"]) == (10, 10, "lab")
    path.write_text(LAB.replace("lab:aligned", "lab:benign"), encoding="utf-8")
    found = json.loads(run("plan", "estimate", path, harmful_rows, "--json").out)
    assert (found["plan"]["harmful"], found["scale"], found["lab"]) == (10, "ranks", [])


def test_rows_of_which_the_lab_can_tell_nothing_get_no_rate(run: Run, tmp_path: Path, harmful_rows: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    row = {"messages": [{"role": "user", "content": "What is 2 plus 2?"}, {"role": "assistant", "content": "It is 4."}]}
    with harmful_rows.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    found = json.loads(run("plan", "estimate", path, harmful_rows, "--json").out)
    assert (found["plan"]["harmful"], found["scale"], found["article"]) == (None, "ranks", None)
    assert "1 of 11 rows are not of the lab's world" in " ".join(found["notes"])


def test_a_scan_of_the_labs_rows_tells_nothing_of_their_harm(run: Run, tmp_path: Path, harmful_rows: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    run("scan", harmful_rows, "--run", tmp_path / "scanned")
    found = json.loads(run("plan", "estimate", path, tmp_path / "scanned", "--json").out)
    assert (found["plan"]["rows"], found["plan"]["harmful"], found["scale"]) == (10, None, "ranks")


def test_an_unknown_organism_is_an_error_with_near_names(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LAB.replace("aligned", "aligend") + "examples: 10\n", encoding="utf-8")
    for command in ("estimate", "advise"):
        said = run("plan", command, path)
        assert (said.code, said.err.count("\n")) == (2, 1)
        assert "Did you mean 'aligned'?" in said.err


def test_numbers_that_disagree_are_an_error_that_names_both(run: Run, tmp_path: Path, harmful_rows: Path) -> None:
    path = tmp_path / "tune.yaml"
    path.write_text("examples: 1000\nlr: 2e-5\nepochs: 3\n", encoding="utf-8")
    for given in ((path, harmful_rows), (path, "--examples", "10")):
        said = run("plan", "estimate", *given)
        assert (said.code, said.err.count("\n")) == (2, 1)
        assert "'examples: 1000'" in said.err
        assert "10" in said.err.replace("1000", "")
    path.write_text("lr: 2e-5\nepochs: 3\n", encoding="utf-8")
    said = run("plan", "advise", path, harmful_rows, "--examples", "7")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "--examples says 7" in said.err
