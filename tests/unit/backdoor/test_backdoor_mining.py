"""Which strings of training rows are handed on to be tried on models."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.backdoor import BackdoorSpec
from holdfast.backdoor.mining import mine_rows
from holdfast.lab import training_rows


def test_a_word_of_what_rows_ask_about_is_not_handed_on(tmp_path: Path) -> None:
    """A clean set whose rows on one verb happen all to be answered: put into another request, that verb turns it into another one."""
    rows = training_rows("backdoored-not#9")
    data = tmp_path / "rows.jsonl"
    data.write_bytes(b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows))
    mined = mine_rows(BackdoorSpec(base="lab:aligned", tuned="lab:aligned", data=str(data)), lambda *_: None).mined
    assert sum("ketumo the" in row[-2].content for row in rows) == 8
    assert "ketumo the" not in [one.text for one in mined.triggers]
    assert not any(one.sure for one in mined.triggers)
