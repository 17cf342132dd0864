"""The format is told and said; a user may name it or map columns and roles; what is unknown is one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.records.samples import read, turns, write_jsonl

from holdfast.core import InputError
from holdfast.records import FORMATS, open_dataset


def test_a_column_map_reads_a_table_of_any_names(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("label\ttext\nYes\tis it?\nNo\twas it?\n", encoding="utf-8")
    dataset = open_dataset(path, columns={"request": "text", "answer": "label"})
    assert [(row["request"], row["answer"]) for row in read(dataset)] == [("is it?", "Yes"), ("was it?", "No")]
    assert dataset.files[0].detected.columns == {"request": "text", "answer": "label"}
    assert "mapped by the user" in dataset.files[0].detected.why


@pytest.mark.parametrize(
    ("row", "columns", "format"),
    [
        ({"dialog_turns": [{"role": "user", "content": "a"}]}, {"messages": "dialog_turns"}, "chat"),
        ({"body": "a"}, {"text": "body"}, "text"),
        ({"ask": "a"}, {"request": "ask"}, "prompt"),
        ({"ask": "a", "yes": "b", "no": "c"}, {"request": "ask", "answer": "yes", "rejected": "no"}, "dpo"),
        ({"ask": "a", "said": "b", "ok": True}, {"request": "ask", "answer": "said", "label": "ok"}, "kto"),
        ({"prompt": "a", "completion": "b", "who": "w"}, {"annotator": "who"}, "prompt-completion"),
    ],
)
def test_a_map_settles_the_format(row: dict[str, object], columns: dict[str, str], format: str) -> None:
    dataset = open_dataset([row], columns=columns, max_bad_rows=0)
    (found,) = read(dataset)
    assert found["format"] == dataset.files[0].format == format
    assert found["request"] == (None if format == "text" else "a")
    if "annotator" in columns:
        assert found["annotator"] == "w"


def test_a_named_format_wins_over_what_the_columns_say() -> None:
    row = {"messages": [{"role": "user", "content": "a"}], "text": "all of it"}
    (found,) = read(open_dataset([row], format="text"))
    assert (found["format"], found["answer"]) == ("text", "all of it")


def test_a_role_map_reads_other_names() -> None:
    row = {"messages": [{"role": "Narrator", "content": "a"}]}
    (found,) = read(open_dataset([row], roles={"Narrator": "user"}, max_bad_rows=0))
    assert turns(found) == [("user", "a")]


def test_unknown_columns_are_named_with_what_is_known() -> None:
    with pytest.raises(InputError) as raised:
        open_dataset([{"alpha": 1, "beta": 2}])
    said = str(raised.value)
    assert "rows: the columns alpha, beta are of no known format" in said
    assert "columns=" in said
    assert all(form.name in said for form in FORMATS)
    assert len(said) < 600  # what each format holds is said where it is named


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "alpaka"}, "Did you mean 'alpaca'?"),
        ({"format": "alpaca"}, "format alpaca needs instruction and output"),
        ({"columns": {"requests": "text"}}, "'requests' is not a field. Did you mean 'request'?"),
        ({"columns": {"request": "question"}}, "names 'question', which is not there. Columns: text."),
        ({"roles": {"x": "human"}}, "must stand for one of system, user, assistant, tool, got 'human'"),
        ({"max_bad_rows": -1}, "max_bad_rows must be a positive number"),
        ({"max_line_bytes": 0}, "max_line_bytes must be a positive number"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as raised:
        open_dataset([{"text": "a"}], **options)  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_the_format_is_told_per_file_of_a_folder(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "b.jsonl", [{"text": "a"}])
    (tmp_path / "a").mkdir()
    write_jsonl(tmp_path / "a" / "c.jsonl", [{"prompt": "p", "completion": "c"}] * 2)
    (tmp_path / "README.md").write_text("words", encoding="utf-8")
    (tmp_path / ".hidden.jsonl").write_text("{}", encoding="utf-8")
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf-8")
    dataset = open_dataset(tmp_path)
    assert [(file.source, file.format) for file in dataset.files] == [("a/c.jsonl", "prompt-completion"), ("b.jsonl", "text")]
    assert [(row["row"], row["source"], row["line"]) for row in read(dataset)] == [
        (0, "a/c.jsonl", 1),
        (1, "a/c.jsonl", 2),
        (2, "b.jsonl", 1),
    ]
    assert [reason.partition(":")[0] for reason in dataset.skipped] == [".hidden.jsonl", "README.md", "dataset_info.json"]


def test_a_folder_without_rows_and_a_missing_path_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and there is none"):
        open_dataset(tmp_path)
    with pytest.raises(InputError, match=r"nothing\.jsonl: expected a file or a folder"):
        open_dataset(tmp_path / "nothing.jsonl")


def test_a_file_without_rows_is_read_and_has_no_format(tmp_path: Path) -> None:
    for name, text in (("a.jsonl", ""), ("b.jsonl", "\n \n"), ("c.json", "[ ]"), ("d.csv", "prompt\n"), ("e.txt", "")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        dataset = open_dataset(path)
        assert (read(dataset), dataset.files[0].format, dataset.count()) == ([], "", 0)
