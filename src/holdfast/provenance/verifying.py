"""`verify`: is every file of a corpus what the corpus says it is?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa

from holdfast.core import InputError, Value, digest_bytes, digest_file
from holdfast.dataflow import run
from holdfast.provenance.describing import CROISSANT_FILE
from holdfast.provenance.index import INDEX_FILE, INDEX_NOTE, read_origins
from holdfast.provenance.places import inside
from holdfast.provenance.signing import SIGNATURE_FILE
from holdfast.provenance.texts import read_texts, text_digest
from holdfast.provenance.versions import CORPUS_FILE, SUM_FILE, CorpusVersion, read_version, version_id

__all__ = ["Checked", "Problem", "verify_corpus"]

_SMALL_BYTES = 64 << 20
_OWN = (CORPUS_FILE, SUM_FILE, INDEX_FILE, INDEX_NOTE, SIGNATURE_FILE, CROISSANT_FILE)
_ID = re.compile(r"[0-9a-fA-F]{12,64}")
_SUM = re.compile(r"([0-9a-f]{64})  (\S+)\n")
Progress = Callable[[str, int, int], None]
What = Literal["changed", "missing", "extra", "rows"]


class Problem(Value, frozen=True, kw_only=True):
    """One file that is not what it should be."""

    file: str
    what: What
    """'changed', 'missing', 'extra' (lies among the shards and nobody named it), or 'rows' (texts and digests do not fit)."""
    said: str
    """In a sentence."""


class Checked(Value, frozen=True, kw_only=True):
    """What a check found."""

    corpus: str
    """Id of the version that the folder says it is."""
    name: str
    files: int
    bytes: int
    rows: int | None
    """Rows whose texts were held against their digests; None where that was not asked."""
    problems: tuple[Problem, ...]
    not_covered: tuple[str, ...]
    """Files of the folder that the version does not name and that lie outside the folders of its shards."""

    @property
    def whole(self) -> bool:
        """Nothing is changed, missing or extra."""
        return not self.problems


class _File(NamedTuple):
    folder: str
    name: str
    sha256: str
    size: int | None


class _Pair(NamedTuple):
    folder: str
    shard: str
    provenance: str
    rows: int


def verify_corpus(
    folder: Path,
    *,
    expected: str | None = None,
    texts: bool = False,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Checked:
    """Hold every file of a corpus against its SHA-256, and the folder against the list of its files.

    Args:
        folder: the corpus.
        expected: the id that the version must have, from a place that the folder's owner cannot change, or at least its first 12
            digits; None asks nothing.
        texts: whether to hold every text against the digest in its provenance too, which finds a corpus that was made wrong.
        workers: processes; None means one per processor.
        progress: called with (what, done, total).

    Raises InputError where `corpus.json` cannot be read as a version at all, and for an `expected` that is no id.
    """
    if expected is not None and not _ID.fullmatch(expected):
        raise InputError(
            f"--id: expected the id of a version, 64 hexadecimal digits or at least the first 12 of them, got {expected[:80]!r}. "
            "Every command prints the first 12; `holdfast provenance verify --json` prints all."
        )
    problems = list(_description(folder))
    try:
        version = read_version(folder)
    except InputError:
        if not problems or problems[0].what == "missing":
            raise
        # One byte can make it no JSON at all; that it is not what it was is known all the same.
        return Checked(corpus="", name="", files=1, bytes=0, rows=None, problems=tuple(problems), not_covered=())
    own = version_id(version)
    if expected is not None and not own.startswith(expected.lower()):
        problems.append(Problem(file=CORPUS_FILE, what="changed", said=f"the version is {own}, expected {expected}"))
    files = _files(folder, version)
    engine = "plain" if sum(file.size or 0 for file in files) < _SMALL_BYTES else "processes"
    checked = run(
        files, _check, engine=engine, workers=workers, name=lambda file: file.name, progress=lambda n, of: progress("files", n, of)
    )
    problems += [problem for problem in checked if problem is not None]
    rows = None
    if texts:
        named = {problem.file for problem in problems}
        pairs = [
            _Pair(str(folder), shard.name, shard.provenance, shard.rows)
            for shard in (*version.shards, *version.rejected)
            if not named & {shard.name, shard.provenance}
        ]
        found = run(
            pairs,
            _read_through,
            engine=engine,
            workers=workers,
            name=lambda pair: pair.shard,
            progress=lambda n, of: progress("texts", n, of),
        )
        problems += [problem for problem in found if problem is not None]
        rows = sum(pair.rows for pair in pairs)
    extra, not_covered = _unnamed(folder, {file.name for file in files})
    problems += [Problem(file=name, what="extra", said="lies among the files of the corpus and is not named by it") for name in extra]
    return Checked(
        corpus=own,
        name=version.name,
        files=len(files) + 1,
        bytes=sum(file.size or 0 for file in files),
        rows=rows,
        problems=tuple(problems),
        not_covered=not_covered,
    )


def _description(folder: Path) -> Iterator[Problem]:
    """Hold `corpus.json` against the digest beside it."""
    try:
        data, said = (folder / CORPUS_FILE).read_bytes(), (folder / SUM_FILE).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if not (folder / CORPUS_FILE).is_file():
            read_version(folder)
        yield Problem(file=Path(error.filename).name, what="missing", said=f"the digest of {CORPUS_FILE} is not there")
        return
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(file=SUM_FILE, what="changed", said=f"cannot be read ({error})")
        return
    match = _SUM.fullmatch(said)
    if match is None or match[2] != CORPUS_FILE:
        yield Problem(
            file=SUM_FILE, what="changed", said=f"expected the SHA-256 of {CORPUS_FILE} as sha256sum writes it, got something else"
        )
    elif match[1] != digest_bytes(data):
        yield Problem(file=CORPUS_FILE, what="changed", said=f"its SHA-256 is not the one in {SUM_FILE}")


def _files(folder: Path, version: CorpusVersion) -> list[_File]:
    found: dict[str, _File] = {}
    for shard in (*version.shards, *version.rejected):
        for name, sha256, size in ((shard.name, shard.sha256, shard.bytes), (shard.provenance, shard.provenance_sha256, None)):
            inside(folder, name)
            found.setdefault(name, _File(str(folder), name, sha256, size))
    return list(found.values())


def _check(file: _File) -> Problem | None:
    path = Path(file.folder) / file.name
    try:
        size = path.stat().st_size
        if file.size is not None and size != file.size:
            return Problem(file=file.name, what="changed", said=f"it has {size} bytes, expected {file.size}")
        found = digest_file(path)
    except FileNotFoundError:
        return Problem(file=file.name, what="missing", said="is not there")
    except OSError as error:
        return Problem(file=file.name, what="changed", said=f"cannot be read ({error.strerror})")
    if found != file.sha256:
        return Problem(file=file.name, what="changed", said=f"its SHA-256 is {found}, expected {file.sha256}")
    return None


def _read_through(pair: _Pair) -> Problem | None:
    """Hold every text of a shard against its digest."""
    folder, number = Path(pair.folder), 0
    try:
        digests = read_origins(folder / pair.provenance, ["digest"])["digest"].cast(pa.binary()).to_pylist()
        if len(digests) != pair.rows:
            return Problem(file=pair.provenance, what="rows", said=f"has {len(digests)} rows, and its shard should have {pair.rows}")
        for batch in read_texts(folder / pair.shard):
            for text in batch:
                if number >= len(digests) or text_digest(text) != digests[number]:
                    return Problem(
                        file=pair.shard, what="rows", said=f"the text of row {number} does not have the digest in {pair.provenance}"
                    )
                number += 1
    except InputError as error:
        return Problem(file=pair.shard, what="rows", said=str(error))
    if number != len(digests):
        return Problem(file=pair.shard, what="rows", said=f"has {number} rows, expected {len(digests)}")
    return None


def _unnamed(folder: Path, named: set[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the files that nobody named: those that lie among the shards, and those elsewhere."""
    homes = {Path(name).parent.as_posix() for name in named} - {"."}
    extra: list[str] = []
    elsewhere: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if name in named or name in _OWN:
            continue
        below = any(name.startswith(f"{home}/") for home in homes)
        (extra if below else elsewhere).append(name)
    return extra, tuple(elsewhere)
