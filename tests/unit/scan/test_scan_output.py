"""What a scan prints: never the text of a row, whatever a detector put into its excerpt."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import holdfast
from tests.unit.scan.small import detectors, row, write


def test_no_excerpt_reaches_terminal_comment_or_sarif(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("a", "LOUD unspeakable words"), row("a", "LOUD unspeakable words"), row("b", "c")]
    data = write(tmp_path / "a.jsonl", rows)
    only = [part for name in ("shouting", "twins") for part in ("--only", name)]
    written = tmp_path / "a.md", tmp_path / "a.sarif"
    arguments = ("scan", data, "--run", tmp_path / "run", *only)
    with detectors():
        shown = [
            holdfast(monkeypatch, capsys, *arguments, "--markdown", written[0], "--sarif", written[1]),
            holdfast(monkeypatch, capsys, *arguments, "--quiet"),
            holdfast(monkeypatch, capsys, *arguments, "--json"),
            holdfast(monkeypatch, capsys, *arguments, "--explain", "a.jsonl:1"),
            holdfast(monkeypatch, capsys, *arguments, "--fix", "drop", "--fix-out", tmp_path / "b.jsonl"),
        ]
    texts = [said.out + said.err for said in shown] + [path.read_text(encoding="utf-8") for path in written]
    assert not [text for text in texts if "unspeakable" in text]
    assert "Shouting: loud" in shown[0].out
    assert "a.jsonl:1, 2" in shown[0].out
    assert "It is loud." in shown[3].out
    assert "unspeakable" in (tmp_path / "run" / "scan.json").read_text(encoding="utf-8"), "the test would show nothing"


def test_several_sets_leave_with_the_gravest_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bad, good = write(tmp_path / "bad.jsonl", [row("a", "LOUD")]), write(tmp_path / "good.jsonl", [row("a", "b")])
    policy = tmp_path / "p.yaml"
    gate = "{name: g, metric: identity_shift_share, at_most: 0}"
    policy.write_text(f"name: p\nversion: 1\ndescription: d\ngates:\n  - {gate}\n", encoding="utf-8")
    common = ("--only", "shouting", "--policy", policy, "--quiet")
    with detectors():
        assert holdfast(monkeypatch, capsys, "scan", bad, good, *common).code == 3
        assert holdfast(monkeypatch, capsys, "scan", good, good, *common).code == 0
        said = holdfast(monkeypatch, capsys, "scan", bad, good, *common, "--run", tmp_path / "run")
    assert (said.code, "one by one" in said.err) == (2, True)
    assert sorted(path.name.rsplit("-", 1)[0] for path in (tmp_path / "runs").iterdir()) == ["scan-bad.jsonl", "scan-good.jsonl"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fix-out", "b.jsonl"), "--fix-out names the file that --fix writes"),
        (("--safety", "s.jsonl"), "--safety is about the rows that --fix add-safety adds"),
        (("--safety-share", "0.05"), "--safety-share is about the rows that --fix add-safety adds"),
        (("--fix", "drop", "--fix-out", "b.jsonl", "--safety", "s.jsonl"), "--safety is about the rows"),
        (("--fix", "drop", "--fix-out", "b.jsonl", "--explain", "a.jsonl:1"), "--explain says all about one row and mends nothing"),
        (("--fix", "add-safety", "--fix-out", "b.jsonl", "--safety", "s.jsonl", "--safety-share", "1"), "must lie between 0 and 1"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    options: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = write(tmp_path / "a.jsonl", [row("a", "b")])
    with detectors():
        ended = holdfast(monkeypatch, capsys, "scan", data, "--only", "shouting", *options)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert not (tmp_path / "runs").exists()


def test_the_folder_that_holds_the_run_folders_is_scanned_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", [row("a", "b")])
    with detectors():
        codes = [holdfast(monkeypatch, capsys, "scan", ".", "--only", "shouting", "--quiet").code for _ in range(2)]
        shown = holdfast(monkeypatch, capsys, "scan", ".", "--only", "shouting", "--seed", 1)
    assert (len(set(codes)), 2 in codes, len(list((tmp_path / "runs").iterdir()))) == (1, False, 2)
    assert "Not read: runs/scan-data-" in shown.out
