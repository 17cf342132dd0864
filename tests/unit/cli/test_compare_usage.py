"""`holdfast compare` asked for what cannot be: one sentence, exit 2, no traceback, and no run folder left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said
from tests.unit.compare.scripted import ScriptedEngine, ScriptedKind

from holdfast.plugins import register
from holdfast.suites.files import load_file

Run = Callable[..., Said]

_ROWS: list[dict[str, object]] = [
    {"prompt": f"question {number}", "category": "one", "response": "I'm sorry, but I can't help with that."} for number in range(12)
]


def _recording(path: Path, rows: list[dict[str, object]] | str) -> str:
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return f"replay:{path.name}"


@contextmanager
def _live_models(suites: tuple[str, ...] = ()) -> Iterator[None]:
    """Make the models 'scripted:base' and 'scripted:tuned' known, which ask for the prompts that the command line names."""
    engines = {name: ScriptedEngine(name, lambda request: "I'm sorry, but I can't help with that.") for name in ("base", "tuned")}
    for engine in engines.values():
        engine.suites = suites
    with register("model", "scripted", lambda: ScriptedKind(engines)):
        yield


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    _recording(tmp_path / "a.jsonl", _ROWS)
    _recording(tmp_path / "b.jsonl", _ROWS)


def _is_one_sentence(said: Said, words: str) -> None:
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(("holdfast: ", "holdfast compare: "))
    assert said.err.count("\n") == 1
    assert words in said.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--samples", "0"), "--samples must be at least 1"),
        (("--samples", "3"), "--temperature"),
        (("--limit", "0"), "--limit"),
        (("--temperature", "-1"), "--temperature"),
        (("--top-p", "0"), "--top-p"),
        (("--max-new-tokens", "0"), "--max-new-tokens"),
        (("--expect", "obey"), "Known: caution, comply, refuse."),
        (("--policy", "compair"), "Did you mean 'compare'"),
        (("--judge", "refusl"), "Did you mean 'refusal'?"),
        (("--judge", ""), "--judge is empty, expected a value. Look for a variable that is not set."),
        (("--second-judge", " "), "--second-judge is empty, expected a value."),
        (("--language", ""), "--language is empty, expected a value."),
        (("--max-system-prompts", "-1"), "--max-system-prompts must be at least 0, got -1"),
        (("--judge", "guard/qwen3=replay:a.jsonl"), "'replay:a.jsonl' is a recording"),
        (("--judge", "toxicity=openai:m@http://127.0.0.1:9/v1"), "no server and no organism gives them. Give a folder or a hub id"),
        (("--suite", "policy11"), "bring their own prompts"),
        (("--data", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--markdown", "nowhere/comment.md"), "nowhere/comment.md"),
    ],
)
def test_an_option_that_cannot_be(run: Run, options: tuple[str, ...], words: str) -> None:
    _is_one_sentence(run("compare", "replay:a.jsonl", "replay:b.jsonl", *options), words)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("./nowhere", "./nowhere"),
        ("replay:nowhere.jsonl", "nowhere.jsonl"),
        ("rply:a.jsonl", "Did you mean 'replay'?"),
        ("a.jsonl", "replay:a.jsonl"),
        ("lab:alined", "Did you mean 'aligned'"),
    ],
)
def test_a_model_that_cannot_be(run: Run, base: str, words: str) -> None:
    _is_one_sentence(run("compare", base, "replay:b.jsonl"), words)


def test_recordings_of_other_prompts(run: Run, tmp_path: Path) -> None:
    _recording(tmp_path / "b.jsonl", [*_ROWS[:-1], {**_ROWS[-1], "prompt": "another question"}])
    _is_one_sentence(run("compare", "replay:a.jsonl", "replay:b.jsonl"), "'question 11'")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "holds no recorded answer"),
        ("{\n", "a.jsonl:1"),
        ('{"prompt": "p", "response": "r"}\n', "'category'"),
        ('{"prompt": "p", "category": "c", "response": 3}\n', "response must be text"),
    ],
)
def test_a_broken_recording(run: Run, tmp_path: Path, rows: str, words: str) -> None:
    _recording(tmp_path / "a.jsonl", rows)
    _is_one_sentence(run("compare", "replay:a.jsonl", "replay:b.jsonl"), words)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", (), "prompts.csv"),
        ("prompt,kind\n", (), "prompts.csv"),
        ('prompt,kind\n"never closed,x\n', (), "prompts.csv:2"),
        ("prompt,kind\none,x\n", ("--category-column", "sort"), "kind"),
        ("words,kind\none,x\n", (), "--prompt-column"),
    ],
)
def test_a_prompt_file_that_cannot_be_asked(run: Run, tmp_path: Path, text: str, options: tuple[str, ...], words: str) -> None:
    (tmp_path / "prompts.csv").write_text(text, encoding="utf-8")
    with _live_models():
        said = run("compare", "scripted:base", "scripted:tuned", "--suite", "prompts.csv", *options)
    _is_one_sentence(said, words)


@pytest.mark.parametrize(
    ("suite", "words"), [("polcy11", "Did you mean 'policy11'?"), ("nowhere.csv", "nowhere.csv"), ("xstest", "xstest=")]
)
def test_a_suite_that_cannot_be(run: Run, suite: str, words: str) -> None:
    with _live_models():
        said = run("compare", "scripted:base", "scripted:tuned", "--suite", suite)
    _is_one_sentence(said, words)


@pytest.mark.parametrize(
    ("language", "words"),
    [("klingon", "got 'klingon'. It has: en."), ("en,zh", "got 'zh'. It has: en."), (",", "no language was asked for")],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_language_that_no_suite_has(run: Run, tmp_path: Path, language: str, words: str, named: bool) -> None:
    (tmp_path / "own.csv").write_text("prompt,language\nhow do i bake bread,en\n", encoding="utf-8")
    with register("suite", "own", lambda source, options: load_file("own.csv", options)), _live_models(suites=("own",)):
        said = run("compare", "scripted:base", "scripted:tuned", *(("--suite", "own") if named else ()), "--language", language)
    _is_one_sentence(said, words)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("arguments", [("compare",), ("compare", "a"), ("compare", "a", "b", "--nonsense"), ("compair", "a", "b")])
def test_a_command_line_that_cannot_be(run: Run, arguments: tuple[str, ...]) -> None:
    said = run(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


def test_an_output_folder_that_cannot_be(run: Run) -> None:
    _is_one_sentence(run("demo", "--out", "a.jsonl"), "a.jsonl")


def test_a_run_folder_that_holds_something_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("words", encoding="utf-8")
    _is_one_sentence(run("compare", "replay:a.jsonl", "replay:b.jsonl", "--run", "mine"), "thesis.tex")
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
