"""What `holdfast mitigate auto` refuses: one sentence, exit code 2, no model loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import holdfast

ROWS = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes ."}]}\n'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give --data FILE, --task FILE or --held-out FILE"),
        (("--data", "rows.jsonl", "--budget", "soon"), "--budget 'soon' is no time"),
        (("--data", "rows.jsonl", "--budget", "0m"), "is no time"),
        (("--data", "rows.jsonl", "--only", "scal"), "Did you mean 'scale'"),
        (("--data", "rows.jsonl", "--policy", "repairs"), "repair"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    done = holdfast(monkeypatch, capsys, "mitigate", "auto", "./base", "./tuned", *words)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()
