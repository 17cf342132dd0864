"""Web archives: WET, whose records are text, and WARC, whose pages are turned into text here, plainly.

Of a WARC, answers with status 200 and a type of text/html, application/xhtml+xml or text/plain are documents; what else it holds
is no document. A page loses scripts, styles, comments and tags; block elements become line ends; entities become characters.
Menus and footers stay: taking them out needs a model of the page, and the text that Common Crawl ships (WET) keeps them too.
"""

from __future__ import annotations

import html
import importlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from holdfast.core import MissingExtraError
from holdfast.corpus.sources.columns import batch_of
from holdfast.corpus.sources.dates import as_dates
from holdfast.corpus.sources.named_columns import unread_dates
from holdfast.corpus.sources.opening import BLOCK, BrokenFileError, Opened
from holdfast.corpus.sources.reader import Tally

__all__ = ["page_text", "read_archive"]

_LONGEST = 16 << 20
"""Bytes of a page; a longer one is a broken document."""
_PAGES = ("text/html", "application/xhtml+xml")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|noscript|template|svg|head)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_BREAKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|tr|table|h[1-6]|section|article|header|footer|nav|main|aside|blockquote|pre|dd|dt|dl|form|hr|title)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def read_archive(stream: Opened, tally: Tally, *, pages: bool) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a WARC (`pages`) or WET file, a batch at a time; `line` is the number of the record, from 1."""
    held: list[tuple[str, int, int, str | None, str | None]] = []
    size = number = 0
    try:
        for number, record in enumerate(_records(stream), start=1):
            try:
                text = _text_of(record, pages)
            except ValueError as error:
                tally.bad(row=tally.rows, line=number, reason=str(error))
                tally.rows += 1
                continue
            except BrokenFileError:
                number -= 1
                raise
            if text is None:
                continue
            if not text.strip():
                tally.blank, tally.rows = tally.blank + 1, tally.rows + 1
                continue
            headers = record.rec_headers
            held.append((text, tally.rows, number, headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Date")))
            tally.rows, size = tally.rows + 1, size + len(text)
            if size >= BLOCK:
                yield _batch(held, tally)
                held, size = [], 0
        if number:
            _check_whole(record)
    except _broken_kinds() as error:
        tally.bad(row=tally.rows, line=number + 1, reason=f"the archive breaks off here ({error})")
        tally.rows += 1
    if held:
        yield _batch(held, tally)
    tally.lines = number


def page_text(markup: str) -> str:
    r"""Return the text of an HTML page: a line per block, without scripts, styles, comments and tags.

    >>> page_text("<p>One &amp; <b>two</b><script>x()</script></p><p>three")
    'One & two\nthree'
    """
    seen = _TAG.sub("", _BREAKS.sub("\n", _UNSEEN.sub(" ", markup).replace("\n", " ")))
    return _LINES.sub("\n", _BLANKS.sub(" ", html.unescape(seen))).strip()


def _records(stream: Opened) -> Iterator[Any]:
    try:
        iterator = importlib.import_module("warcio.archiveiterator").ArchiveIterator
    except ImportError as error:
        message = "WARC and WET files need the package 'warcio', which is not installed. Run: pip install 'holdfast[corpus]'"
        raise MissingExtraError(message) from error
    return iter(iterator(_Reading(stream), arc2warc=True))


def _broken_kinds() -> tuple[type[Exception], ...]:
    failed: type[Exception] = importlib.import_module("warcio.exceptions").ArchiveLoadFailed
    return (failed, BrokenFileError)


def _text_of(record: Any, pages: bool) -> str | None:
    """Return a record's text, None for one that is no document; raises ValueError for one that cannot be read."""
    if not pages:
        return _body(record).decode("utf-8", "replace") if record.rec_type == "conversion" else None
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != "200":
        return None
    kind = (record.http_headers.get_header("Content-Type") or "").lower()
    if not kind.startswith((*_PAGES, "text/plain")):
        return None
    body = _body(record)
    text = _decoded(body, kind)
    return page_text(text) if kind.startswith(_PAGES) else text


def _body(record: Any) -> bytes:
    try:
        body: bytes = record.content_stream().read(_LONGEST + 1)
    except BrokenFileError:
        raise
    except Exception as error:  # a bad chunk or a bad compression of one answer, in whichever class warcio raises it
        _check_whole(record)
        raise ValueError(f"the record cannot be expanded ({type(error).__name__})") from error
    if len(body) > _LONGEST:
        raise ValueError(f"the record is longer than {_LONGEST:,} bytes")
    _check_whole(record)
    return body


def _check_whole(record: Any) -> None:
    """Raise BrokenFileError where the file ends before the record does: a part of a text is not the text."""
    raw = record.raw_stream
    while getattr(raw, "limit", 0) > 0:
        if not raw.read(BLOCK):
            raise BrokenFileError("the last record is cut short")


def _decoded(body: bytes, kind: str) -> str:
    named = _CHARSET.search(kind.encode()) or _CHARSET.search(body[:2048])
    try:
        return body.decode(named.group(1).decode() if named else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _batch(held: list[tuple[str, int, int, str | None, str | None]], tally: Tally) -> pa.RecordBatch:
    texts, rows, numbers, urls, dates = zip(*held, strict=True)
    return batch_of(
        pa.array(texts, pa.large_string()),
        pa.array(rows, pa.int64()),
        piece=len(tally.pieces),
        lines=pa.array(numbers, pa.int64()),
        url=pa.array(urls, pa.string()),
        date=_dates(dates, numbers, tally),
    )


def _dates(dates: Sequence[str | None], numbers: Sequence[int], tally: Tally) -> pa.Array:
    """Return the dates of the records; an archive names no column, so that none can be missing."""
    made = as_dates(dates)
    unread = unread_dates(dates, made)
    if unread:
        tally.saw("WARC-Date", there=len(unread), filled=len(dates), unread=[numbers[index] for index in unread])
    return made


class _Reading:
    """What warcio reads from: expanded bytes, which it takes for an archive that is not compressed."""

    def __init__(self, stream: Opened) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; warcio never asks for all."""
        data = self._stream.read(size if size > 0 else BLOCK)
        self._stream.seen(data)
        return data
