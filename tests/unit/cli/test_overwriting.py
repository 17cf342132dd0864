"""No output path destroys what somebody else wrote, what the command reads, or what belongs to a run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said
from tests.unit.history.conftest import write_run

from holdfast.cli.overwriting import FileKind, check_output
from holdfast.core import InputError

Run = Callable[..., Said]

_CONFIG = "model: lab:aligned\ndata: rows.jsonl\nout: tuned\nlearning_rate: 1e-4\nepochs: 1\n"
_ROW = {"messages": [{"role": "user", "content": "How are you?"}, {"role": "assistant", "content": "Well, thank you."}]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan, rows, a run and notes of the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    (tmp_path / "plan.yaml").write_text(_CONFIG, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({**_ROW, "id": one}) + "\n" for one in range(40)), encoding="utf-8")
    (tmp_path / "notes.md").write_text("# Holdfast\n\nWhat we did.\n", encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!doctype html>\n<title>Ours</title>\n", encoding="utf-8")
    write_run(tmp_path / "run", "root", "child", drop=0.4)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "kept", "said"),
    [
        ("plan estimate plan.yaml --examples 40 --html plan.yaml", "plan.yaml", "named twice"),
        ("plan estimate plan.yaml rows.jsonl --html rows.jsonl", "rows.jsonl", "named twice"),
        ("plan estimate plan.yaml --examples 40 --html=./plan.yaml", "plan.yaml", "named twice"),
        ("plan estimate plan.yaml --examples 40 --html rows.jsonl", "rows.jsonl", "did not write it as a page"),
        ("plan phases --markdown notes.md", "notes.md", "did not write it as Markdown"),
        ("gate run --markdown run/measurements.json", "run/measurements.json", "did not write it as Markdown"),
        ("gate run/measurements.json --junit run/measurements.json", "run/measurements.json", "named twice"),
        ("scan rows.jsonl --sarif rows.jsonl", "rows.jsonl", "named twice"),
        ("scan rows.jsonl --markdown notes.md", "notes.md", "did not write it as Markdown"),
        ("card run --owner Ada --out notes.md", "notes.md", "model card"),
        ("watch reward-model lab:aligned rows.jsonl --reference lab:pretrained --out rows.jsonl", "rows.jsonl", "named twice"),
        ("mitigate ensemble lab:aligned lab:compliant-10 --out plan.yaml", "plan.yaml", "an ensemble"),
        ("lab data compliant-10 --out rows.jsonl", "rows.jsonl", "did not write it as rows"),
        ("demo --out site", "site/index.html", "did not write it as a page"),
        ("init --from plan.yaml --out plan.yaml --force", "plan.yaml", "named twice"),
    ],
)
def test_what_is_not_ours_stays(run: Run, place: Path, arguments: str, kept: str, said: str) -> None:
    before = (place / kept).read_bytes()
    found = run(*arguments.split())
    assert (found.code, found.err.count("\n")) == (2, 1), found.err
    assert said in found.err
    assert (place / kept).read_bytes() == before
    assert not [path for path in place.rglob("*.part")]


def test_the_same_commands_again_write_their_files_again(run: Run, place: Path) -> None:
    commands = (
        "gate run --markdown run/table.md --junit junit.xml",
        "scan rows.jsonl --run scanned --sarif scan.sarif --markdown scan.md",
        "plan estimate plan.yaml --examples 40 --html plan.html --markdown plan.md",
        "plan phases --html plan.html --markdown plan.md",
    )
    for _ in range(2):
        assert {run(*command.split()).code for command in commands} <= {0, 3, 4}


def test_a_page_of_a_run_is_the_runs_own(run: Run, place: Path) -> None:
    assert run("plan", "phases", "--html", "page.html").code == 0
    shutil.copy(place / "page.html", place / "run" / "report.html")
    said = run("plan", "phases", "--html", "run/report.html")
    assert (said.code, "belongs to the run in" in said.err) == (2, True)


def test_two_outputs_cannot_be_one_file(run: Run, place: Path) -> None:
    assert run("plan", "phases", "--html", "both", "--markdown", "both").code == 2
    assert not (place / "both").exists()


def test_a_link_to_a_file_of_ones_own_is_followed_before_it_is_judged(place: Path) -> None:
    (place / "link.md").symlink_to(place / "notes.md")
    with pytest.raises(InputError, match="did not write it"):
        check_output(place / "link.md", FileKind.MARKDOWN)


def test_an_empty_file_and_the_same_bytes_may_be_written(place: Path) -> None:
    (place / "empty.md").touch()
    check_output(place / "empty.md", FileKind.MARKDOWN)
    check_output(place / "rows.jsonl", FileKind.ROWS, (place / "rows.jsonl").read_bytes())


def test_a_section_of_a_card_that_somebody_went_on_with_is_theirs(run: Run, place: Path) -> None:
    for _ in range(2):
        assert run("card", "run", "--owner", "Ada", "--out", "card.md").code == 0
    with (place / "card.md").open("a", encoding="utf-8") as card:
        card.write("\n## Uses\n\nOurs.\n")
    assert run("card", "run", "--owner", "Ada", "--out", "card.md").code == 2


def test_no_command_writes_past_the_rule() -> None:
    """A new option with an output path goes through `write_out`, or is named here with what keeps it from writing over a file."""
    folder = Path(__file__).parents[3] / "src" / "holdfast" / "cli"
    writers = re.compile(r'write_bytes|write_text|write_atomically|\.open\("[wa]')
    names = {path.name for path in folder.rglob("*.py") if writers.search(path.read_text(encoding="utf-8"))}
    assert names == {"output.py", "init.py"}, "init.py writes over a file only with --force"
