"""Tasks, matching, and the files of other tools."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from holdfast.compare.capability.matching import is_right, normal
from holdfast.compare.capability.results import read_scores
from holdfast.compare.capability.tasks import TaskQuestion, read_task
from holdfast.core import InputError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def question(match: str, *answers: str) -> TaskQuestion:
    return TaskQuestion(id="q", question="?", answers=answers, match=match)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("match", "answer", "response", "right"),
    [
        ("exact", "Paris", " paris.\n", True),
        ("exact", "Paris", "It is Paris.", False),
        ("contains", "Paris", "It is Paris.", True),
        ("contains", "4", "It is 42.", False),
        ("contains", "4", "It is 4.", True),
        ("contains", "-4", "It is -4", True),
        ("contains", "art", "a party", False),
        ("contains", "巴黎", "首都是巴黎市。", True),
        ("exact", "４２", "42", True),
        ("contains", "a.b", "axb", False),
        ("contains", "Paris", "", False),
    ],
)
def test_an_answer_is_right_by_its_words(match: str, answer: str, response: str, right: bool) -> None:
    assert is_right(question(match, answer), response) is right


def test_any_of_several_answers_is_right() -> None:
    assert is_right(question("exact", "colour", "color"), "Color")
    assert normal("  A ,  b !") == "a, b"


def test_a_task_is_read_from_each_format(tmp_path: Path) -> None:
    row = {"question": "1 + 1?", "answer": 2, "match": "contains"}
    lines = read_task(write(tmp_path / "a.jsonl", json.dumps(row) + "\n\n"))
    listed = read_task(write(tmp_path / "a.json", json.dumps([row])))
    table = read_task(write(tmp_path / "a.csv", "question,answer,choices,match\n1 + 1?,2,,contains\n"))
    assert lines == listed == table
    assert lines.name == "a"
    chosen = read_task(write(tmp_path / "b.csv", "question,answer,choices\nwhich?,b,a | b | c\n")).questions[0]
    assert (chosen.match, chosen.choices) == ("choice", ("a", "b", "c"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found none"),
        ('{"answer": "x"}', "no column 'question'"),
        ('{"question": "x"}', "no column 'answer'"),
        ('{"question": "x", "answer": ""}', "the answer is empty"),
        ('{"question": "x", "answer": null}', "must be text"),
        ('{"question": "x", "answer": "a", "match": "near"}', "match must be one of"),
        ('{"question": "x", "answer": "a", "choices": ["b", "c"]}', "the answer among them"),
        ('{"question": "x", "answer": "a"}\n{"question": "x", "answer": "b"}', "already used"),
        ("{", "broken"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_task(write(tmp_path / "task.jsonl", text))


def test_other_endings_and_missing_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ends in"):
        read_task(write(tmp_path / "task.txt", "x"))
    missing = r"none.jsonl: cannot be read \(No such file or directory\)"
    with pytest.raises(InputError, match=missing):
        read_task(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=missing):
        read_scores(tmp_path / "none.jsonl")


def harness(acc: float) -> dict[str, Any]:
    return {
        "results": {
            "arc": {"alias": "arc", "acc,none": acc, "acc_stderr,none": 0.02, "acc_norm,none": 0.9},
            "wiki": {"word_perplexity,none": 9.1},
        },
        "higher_is_better": {"arc": {"acc": True, "acc_norm": True}, "wiki": {"word_perplexity": False}},
        "n-samples": {"arc": {"original": 500, "effective": 400}},
    }


def test_results_of_the_harness_give_score_error_and_n(tmp_path: Path) -> None:
    found = read_scores(write(tmp_path / "results_1.json", json.dumps(harness(0.5))))
    assert list(found) == ["arc"]
    assert (found["arc"].metric, found["arc"].mean, found["arc"].error, found["arc"].n) == ("acc,none", 0.5, 0.02, 400)


def test_samples_of_the_harness_are_paired_and_counted_once_per_question(tmp_path: Path) -> None:
    rows = [
        {"doc_id": number, "filter": name, "metrics": ["exact_match"], "exact_match": float(number % 2)}
        for number in range(6)
        for name in ("strict", "flexible")
    ]
    path = write(tmp_path / "samples_gsm8k_2025-01-01T00-00-00.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = read_scores(path)
    assert list(found) == ["gsm8k"]
    assert found["gsm8k"].by_item == {str(number): float(number % 2) for number in range(6)}


@pytest.mark.parametrize("form", ["samples", "json"])
def test_an_inspect_log_gives_a_score_per_sample(tmp_path: Path, form: str) -> None:
    samples = [{"id": number, "epoch": 1, "scores": {"match": {"value": "C" if number else "I"}}} for number in range(4)]
    samples.append({"id": 0, "epoch": 2, "scores": {"match": {"value": "C"}}})
    head = {"eval": {"task": "sums"}, "results": {}}
    path = tmp_path / "log.eval"
    if form == "json":
        path = write(tmp_path / "log.json", json.dumps({**head, "samples": samples}))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("header.json", json.dumps(head))
            for sample in samples:
                archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    found = read_scores(path)["sums"]
    assert found.by_item == {"0": 0.5, "1": 1.0, "2": 1.0, "3": 1.0}


def test_a_log_that_inspect_itself_wrote_is_read() -> None:
    found = read_scores(Path(__file__).parents[3] / "fixtures" / "models" / "inspect.eval")
    (scores,) = found.values()
    assert scores.by_item
    assert set(scores.by_item.values()) <= {0.0, 0.5, 1.0}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"results": {}}', '{"results": {"a": {"ppl": 9.0}}}', '{"eval": {"task": "t"}}'])
def test_another_file_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        read_scores(write(tmp_path / "x.json", text))
