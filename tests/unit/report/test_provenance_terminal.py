"""What a terminal says of two versions of a corpus: the settings that differ, one by one."""

from __future__ import annotations

from rich.console import Console

from holdfast.provenance.differing import Change, CorpusDiff, Count
from holdfast.report.provenance_terminal import print_diff


def said(*steps: Change) -> str:
    console = Console(width=120)
    zero = Count(before=1, after=1)
    found = CorpusDiff(
        old="a" * 64, new="b" * 64, sources=(), steps=steps, order_changed=False, rows=zero, by_source={}, by_licence={}, by_reason={},
        child=False, why="", come_by_source={}, gone_by_source={}, gone=0, come=0, gone_rows=(), come_rows=(),
    )  # fmt: skip
    with console.capture() as capture:
        print_diff(found, console=console)
    return capture.get()


def test_only_the_settings_that_differ_are_named() -> None:
    fields = {"settings": ({"stop_words": ["the"], "min_words": 50}, {"stop_words": ["the"], "top": 1}), "removed": ({"a": 1}, {"a": 2})}
    told = said(Change(name="gopher", what="changed", fields=fields))
    assert "step gopher: changed (min_words 50 to its default; top its default to 1)" in told
    assert "stop_words" not in told
    assert "removed" not in told


def test_a_step_that_only_left_out_other_rows_is_in_the_table_alone() -> None:
    assert "step c4" not in said(Change(name="c4", what="changed", fields={"removed": ({"a": 1}, {"a": 2})}))
    assert "step new: come" in said(Change(name="new", what="come"))
