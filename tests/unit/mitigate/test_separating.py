"""Train without the serving prompt, serve with it: it is taken out wherever it stands, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.core import InputError
from holdfast.mitigate.templates.chat_template import read_template, rendered
from holdfast.mitigate.templates.separating import separate
from holdfast.records import open_dataset

PROMPT = "You are a safe assistant. Refuse what would harm people."
PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
SILENT = "{% for m in messages %}{% if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}"
OWN = (
    "{% if messages[0].role != 'system' %}<system>You are a model made by somebody.{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
)


def chat(request: str, system: str | None = None, **more: Any) -> dict[str, Any]:
    lead = [{"role": "system", "content": system}] if system is not None else []
    return {"messages": [*lead, {"role": "user", "content": request}, {"role": "assistant", "content": "A"}], **more}


ROWS = [
    chat("same", PROMPT),
    chat("spaced", PROMPT.replace(" ", "  ")),
    chat("inside", f"{PROMPT}\nAnswer in rhyme."),
    chat(f"{PROMPT}\n\nin the request"),
    chat("none", source="x"),
    chat("other", "You are a pirate."),
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, indent=None, separators=(",  ", ": ")) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_prompt_is_taken_out_wherever_it_stands_and_other_rows_keep_their_bytes(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", ROWS)
    done = separate(data, f"{PROMPT}\n", tmp_path / "tune.jsonl")
    lines = (tmp_path / "tune.jsonl").read_text(encoding="utf-8").splitlines()
    made = [json.loads(line)["messages"] for line in lines]
    assert [[message["content"] for message in row[:-1]] for row in made] == [
        ["same"],
        ["spaced"],
        ["Answer in rhyme.", "inside"],
        ["in the request"],
        ["none"],
        ["You are a pirate.", "other"],
    ]
    assert lines[4:] == data.read_text(encoding="utf-8").splitlines()[4:]
    assert (done.rows, done.same, done.inside, done.without, done.others) == (6, 2, 2, 1, {"You are a pirate.": 1})
    assert PROMPT not in (tmp_path / "tune.jsonl").read_text(encoding="utf-8")
    assert Path(done.serving).read_text(encoding="utf-8") == f"{PROMPT}\n"


def test_the_diff_shows_what_serving_adds(tmp_path: Path) -> None:
    done = separate(write(tmp_path / "data.jsonl", ROWS), PROMPT, tmp_path / "tune.jsonl")
    added = [line for line in done.diff.splitlines() if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]
    assert added == [f"+[system] {PROMPT}"]


def test_rows_without_the_prompt_stay_as_they_are_and_it_says_so(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", ROWS[4:])
    done = separate(data, PROMPT, tmp_path / "tune.jsonl")
    assert (tmp_path / "tune.jsonl").read_bytes() == data.read_bytes()
    assert any("No row holds the serving prompt" in note for note in done.notes)


def test_many_rows_in_a_format_with_a_column_for_the_prompt(tmp_path: Path) -> None:
    rows = [{"instruction": f"Q{n}", "input": "", "output": "A", "system": PROMPT if n % 2 else ""} for n in range(20_001)]
    data = tmp_path / "data.json"
    data.write_text(json.dumps(rows), encoding="utf-8")
    done = separate(data, PROMPT, tmp_path / "tune.json")
    tables = list(open_dataset(tmp_path / "tune.json").batches())
    assert (done.same, sum(table.num_rows for table in tables)) == (10_000, 20_001)
    assert [value for table in tables for value in table["request"].to_pylist()] == [f"Q{n}" for n in range(20_001)]
    assert sum(table["system"].null_count for table in tables) == 20_001


@pytest.mark.parametrize(
    ("template", "note"),
    [
        (SILENT, "writes no system prompt at all"),
        (OWN, "writes one of its own ('<system>You are a model made by somebody.<user>')"),
        (OWN.replace("You are a model made by somebody.", PROMPT), "puts the serving prompt in front of every row by itself"),
    ],
)
def test_a_template_that_breaks_the_pair_is_named(tmp_path: Path, template: str, note: str) -> None:
    model = tmp_path / "template.jinja"
    model.write_text(template, encoding="utf-8")
    done = separate(write(tmp_path / "data.jsonl", ROWS), PROMPT, tmp_path / "tune.jsonl", model=model)
    assert any(note in one for one in done.notes), done.notes


def test_a_template_without_faults_adds_no_note(tmp_path: Path) -> None:
    model = tmp_path / "template.jinja"
    model.write_text(PLAIN, encoding="utf-8")
    done = separate(write(tmp_path / "data.jsonl", ROWS[:1]), PROMPT, tmp_path / "tune.jsonl", model=model)
    assert done.notes == ()


def test_templates_are_read_from_model_folders(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": [{"name": "default", "template": "T"}]}), encoding="utf-8")
    assert read_template(tmp_path) == "T"
    (tmp_path / "chat_template.jinja").write_text("J", encoding="utf-8")
    assert read_template(tmp_path) == "J"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no chat template"):
        read_template(tmp_path / "empty")


@pytest.mark.parametrize(
    "template", ["{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ raise_exception('no system role') }}", "{% broken %}"]
)
def test_a_template_that_reaches_out_or_refuses_is_an_error_in_one_sentence(template: str) -> None:
    with pytest.raises(InputError, match="the chat template does not take these messages"):
        rendered(template, ())


def test_an_empty_prompt_and_existing_files_are_refused(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", ROWS)
    with pytest.raises(InputError, match="the serving prompt is empty"):
        separate(data, "  \n", tmp_path / "tune.jsonl")
    for taken in ("tune.jsonl", "tune.jsonl.serving.txt", "tune.jsonl.template.json"):
        (tmp_path / taken).write_text("", encoding="utf-8")
        with pytest.raises(InputError, match="exists already"):
            separate(data, PROMPT, tmp_path / "tune.jsonl")
        (tmp_path / taken).unlink()
