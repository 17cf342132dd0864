"""Rows read again are found without cutting the lines between them, and are the rows that a whole pass reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.records import Limits, open_dataset
from holdfast.records.containers.container import START, Chunk
from holdfast.records.containers.line_cutting import LinesFound
from holdfast.records.containers.lines import JsonLines
from holdfast.records.limits import BLOCK

_LINES = (b'{"text":"a"}', b"", b" \t", b'{"text":"b"}\r', b"\r", b' {"text":"c"}', b"\x0b\x0c", b'{"text":"d"}')


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("first", range(len(_LINES)))
def test_found_lines_are_the_lines_that_are_not_blank(first: int, end: bytes) -> None:
    data = b"\n".join((*_LINES[first:], *_LINES[:first])) + end
    whole = data.removesuffix(b"\n").split(b"\n")
    found = LinesFound(data)
    assert list(found) == [line for line in whole if line.strip()]
    assert [whole[line] for line in found.filled] == list(found)
    assert found.blank + len(found) == len(whole)
    assert found.longer_than(12) == [index for index, line in enumerate(found) if len(line) > 12]


def _told(chunks: list[Chunk]) -> list[tuple[int, int, bytes | None, str | None]]:
    """Return number, line, bytes and refusal of each record, however it was cut."""
    return [
        (chunk.place.number + index, chunk.lines[index], None if index in chunk.refused else chunk.records[index], chunk.refused.get(index))
        for chunk in chunks
        for index in range(len(chunk.records))
    ]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_a_pass_that_finds_lines_sees_what_a_pass_that_cuts_them_sees(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [b'{"text":"%s"}' % (b"w " * (index % 90)) for index in range(30_000)]
    rows[40], rows[41], rows[7_000] = b"", b" \r", b'{"text":"%s"}' % (b"x" * 3_000)
    rows[9_000] = b'{"text":"%s"}' % (b"y" * (BLOCK + 5_000))
    path.write_bytes(start + b"\n".join(rows))
    container = JsonLines(path, "", Limits(max_line_bytes=2_000))
    cut, found = list(container.chunks()), list(container.skim())
    assert _told(found) == _told(cut)
    assert sum(chunk.blank for chunk in found) == sum(chunk.blank for chunk in cut)
    assert [chunk.place for chunk in found] != [chunk.place for chunk in cut]
    for chunk in found[:: max(len(found) // 5, 1)]:
        rest = list(container.skim(chunk.place if chunk.place.number else START))
        assert _told(rest) == [record for record in _told(found) if record[0] >= chunk.place.number]


def test_rows_read_again_are_those_of_a_whole_pass(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [b'{"text":"row %d %s"}' % (index, b"word " * (index % 100)) for index in range(12_000)]
    lines[500] = lines[9_999] = b""
    path.write_bytes(b"\n".join(lines))
    whole = {number: text for batch in open_dataset(path).batches() for number, text in zip(*_two(batch), strict=True)}
    again = open_dataset(path)
    for asked in (sorted(whole)[::7], sorted(whole)[::-400], [11_997, 3, 3, 8_000]):
        numbers, texts = _two(again.rows(asked))
        assert numbers == asked
        assert texts == [whole[number] for number in asked]


def _two(rows: object) -> tuple[list[int], list[str]]:
    return rows["row"].to_pylist(), rows["text"].to_pylist()  # type: ignore[index]
