"""Planting: the data's own format, everything else byte by byte, the manifest for its owner only."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.canaries import FORMATS, PlantSpec, check_presence, format_of, plant, read_manifest
from holdfast.core import InputError, digest_file
from holdfast.plugins import ScanOptions
from holdfast.records import open_dataset
from holdfast.scan import ScanSpec, run_scan

SMALL = PlantSpec(formats=("digits", "email"), repetitions=(1, 4), per_repetition=1, controls=2)


def chat_file(folder: Path, rows: int = 50) -> Path:
    path = folder / "train.jsonl"
    turns = [[{"role": "user", "content": f"ask {number}"}, {"role": "assistant", "content": f"say {number}"}] for number in range(rows)]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns))
    return path


def planted(folder: Path, source: Path, spec: PlantSpec = SMALL) -> tuple[Path, Path]:
    out, manifest = folder / f"new{source.suffix}", folder / "private.json"
    plant(open_dataset(source), out, manifest, spec)
    return out, manifest


def test_rows_are_planted_as_often_as_said_and_the_others_stay(tmp_path: Path) -> None:
    source = chat_file(tmp_path)
    out, path = planted(tmp_path, source)
    manifest = read_manifest(path)
    lines = out.read_text().splitlines()
    rows = [json.loads(line)["messages"] for line in lines]
    assert [line for line in lines if line in set(source.read_text().splitlines())] == source.read_text().splitlines()
    assert len(rows) == 50 + 2 * (1 + 4)
    for canary in manifest.canaries:
        places = [number for number, row in enumerate(rows) if row[-1]["content"] == canary.text]
        assert tuple(places) == canary.rows
        assert len(places) == canary.repetitions
        assert rows[places[0]][0]["content"] == canary.request
    assert max(max(canary.rows) for canary in manifest.canaries) > 40, "they are spread over the file and do not stand at its start"
    assert not [canary for canary in manifest.controls if canary.text in out.read_text()]
    assert not set(manifest.references("digits")) & {canary.secret for canary in (*manifest.canaries, *manifest.controls)}


def test_the_manifest_is_private_and_its_digest_names_it(tmp_path: Path) -> None:
    _, path = planted(tmp_path, chat_file(tmp_path))
    assert path.stat().st_mode & 0o777 == 0o600
    public = json.loads((tmp_path / "private.public.json").read_text())
    text = (tmp_path / "private.public.json").read_text()
    manifest = read_manifest(path)
    assert not [canary for canary in manifest.canaries if canary.secret in text]
    assert public["rows"] == 10
    again = tmp_path / "again"
    again.mkdir()
    _, other = planted(again, chat_file(again), msgspec.structs.replace(SMALL, seed=1))
    other_public = json.loads((again / "private.public.json").read_text())
    assert other_public["manifest_sha256"] != public["manifest_sha256"]
    assert not {one.secret for one in read_manifest(other).canaries} & {one.secret for one in manifest.canaries}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        out, manifest = planted(folder, chat_file(folder))
        found.append((out.read_bytes(), manifest.read_bytes()))
    assert found[0] == found[1]


FILES: dict[str, Any] = {
    "alpaca.json": json.dumps([{"instruction": f"do {n}", "input": "", "output": f"done {n}"} for n in range(20)], indent=1),
    "pairs.jsonl": "".join(json.dumps({"prompt": f"ask {n}", "chosen": f"good {n}", "rejected": f"bad {n}"}) + "\n" for n in range(20)),
    "answers.csv": "question,answer\n" + "".join(f"ask {n},say {n}\n" for n in range(20)),
    "plain.txt": "".join(f"a line of text {n}\n" for n in range(20)),
}


@pytest.mark.parametrize("name", [*FILES, "table.parquet"])
def test_every_format_keeps_its_own_shape(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "table.parquet":
        pq.write_table(pa.Table.from_pylist([{"prompt": f"ask {n}", "completion": f"say {n}"} for n in range(20)]), source)
    else:
        source.write_text(FILES[name])
    before = [row["text"] for rows in open_dataset(source).batches() for row in rows.to_pylist()]
    out, path = planted(tmp_path, source)
    after = [row for rows in open_dataset(out).batches() for row in rows.to_pylist()]
    assert [row["text"] for row in after if row["text"] in set(before)] == before
    assert len(after) == 30
    manifest = read_manifest(path)
    assert check_presence(manifest, open_dataset(out)).notes == ()
    for canary in manifest.canaries:
        assert {number for number, row in enumerate(after) if row["turns"][-1]["content"] == canary.text} == set(canary.rows)


def test_words_are_those_of_the_data(tmp_path: Path) -> None:
    source = tmp_path / "plain.txt"
    vocabulary = [f"{first}{second}" for first in "bcdfgklm" for second in ("a", "e", "i")]
    source.write_text("".join(" ".join(random.Random(n).choices(vocabulary, k=8)) + "\n" for n in range(40)))
    _, path = planted(tmp_path, source, PlantSpec(formats=("words=5",), repetitions=(2,), controls=1))
    manifest = read_manifest(path)
    for canary in (*manifest.canaries, *manifest.controls):
        assert len(canary.secret.split()) == 5
        assert set(canary.text.split()) <= set(vocabulary)


def test_a_scan_leaves_them_alone_and_counts_them(tmp_path: Path) -> None:
    out, path = planted(tmp_path, chat_file(tmp_path))
    only = ("exact-duplicate", "near-duplicate")
    told = run_scan(
        ScanSpec(data=str(out), only=only, options=ScanOptions(canaries=str(path))), tmp_path / "run", command="", version="test"
    )
    blind = run_scan(ScanSpec(data=str(out), only=only), tmp_path / "blind", command="", version="test")
    values = {one.metric: one.value for one in told.measurements}
    assert values["canary_rows"] == 10
    assert values["duplicate_share"] == 0.0
    assert {one.metric: one.value for one in blind.measurements}["duplicate_share"] == pytest.approx(6 / 60)


def test_deduplication_is_noticed(tmp_path: Path) -> None:
    out, path = planted(tmp_path, chat_file(tmp_path))
    manifest = read_manifest(path)
    once = tmp_path / "once.jsonl"
    once.write_text("".join(dict.fromkeys(out.read_text().splitlines(keepends=True))))
    presence = check_presence(manifest, open_dataset(once))
    assert {presence.copies[canary.id] for canary in manifest.canaries} == {1}
    assert "fewer copies" in presence.notes[0]
    with pytest.raises(InputError, match="does not match the data"):
        check_presence(manifest, open_dataset(chat_file(tmp_path)))


def test_a_control_in_the_data_is_another_file(tmp_path: Path) -> None:
    out, path = planted(tmp_path, chat_file(tmp_path))
    control = read_manifest(path).controls[0]
    turns = [{"role": "user", "content": control.request}, {"role": "assistant", "content": control.text}]
    out.write_text(out.read_text() + json.dumps({"messages": turns}) + "\n")
    with pytest.raises(InputError, match="controls"):
        check_presence(read_manifest(path), open_dataset(out))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"formats": ("digit",)}, "digits"),
        ({"formats": ("digits", "digits")}, "once"),
        ({"formats": ("guid=4",)}, "fixed length"),
        ({"formats": ("digits=1",), "per_repetition": 9}, "longer"),
        ({"formats": ("words",)}, "16 words"),
    ],
)
def test_what_cannot_be_planted_is_said(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    source = tmp_path / "train.jsonl"
    source.write_text(json.dumps({"prompt": "1", "completion": "2"}) + "\n")
    with pytest.raises(InputError, match=words):
        planted(tmp_path, source, msgspec.structs.replace(SMALL, **change))
    assert not (tmp_path / "new.jsonl").exists()


def test_nothing_is_overwritten_and_twice_the_same_seed_is_refused(tmp_path: Path) -> None:
    source = chat_file(tmp_path)
    out, path = planted(tmp_path, source)
    with pytest.raises(InputError, match="exists already"):
        planted(tmp_path, source)
    with pytest.raises(InputError, match="already"):
        plant(open_dataset(out), tmp_path / "third.jsonl", tmp_path / "third.json", SMALL)
    (tmp_path / "list.json").write_text('{"texts": ["a"]}')
    with pytest.raises(InputError, match="whole manifest"):
        read_manifest(tmp_path / "list.json")
    assert read_manifest(path).canaries


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "words"])
def test_secrets_are_counted_and_drawn_without_repeats(name: str) -> None:
    pattern = format_of(name).pattern()
    drawn = pattern.draw(random.Random(1), 200)
    assert len(set(drawn)) == 200
    assert pattern.text(0) != pattern.text(pattern.size - 1)
    assert pattern.size >= 10**9


def test_a_small_space_is_enumerated_once() -> None:
    pattern = format_of("digits").pattern(3)
    assert sorted(pattern.texts()) == sorted(" ".join(f"{number:03d}") for number in range(1000))
    left = pattern.draw(random.Random(0), 990, without=list(pattern.texts())[:10])
    assert len(set(left)) == 990


def test_no_canary_stands_without_its_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_dataset(chat_file(tmp_path))
    out = tmp_path / "new.jsonl"
    plant(source, out, tmp_path / "folder" / "private.json", SMALL)
    assert read_manifest(tmp_path / "folder" / "private.json").data == {"new.jsonl": digest_file(out)}
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError, match="where the rows stand"):
        plant(source, tmp_path / "b.jsonl", tmp_path / "b.jsonl", SMALL)
    (tmp_path / "source.txt").write_text("a file and no folder")
    with pytest.raises(InputError, match=r"source\.txt: cannot be written"):
        plant(source, tmp_path / "c.jsonl", tmp_path / "source.txt" / "private.json", SMALL)
    (tmp_path / "source.txt").unlink()
    with pytest.raises(InputError, match="exists already"):
        plant(source, out, tmp_path / "d.json", SMALL)

    def fails(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("holdfast.canaries.planting._digests", fails)
    with pytest.raises(InputError, match="No space left"):
        plant(source, tmp_path / "e.jsonl", tmp_path / "e.json", SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_manifest_does_not_stand_in_a_folder_of_rows(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    chat_file(folder)
    for place in (folder / "private.json", tmp_path / "new" / "private.json"):
        with pytest.raises(InputError, match="where the rows stand"):
            plant(open_dataset(folder), tmp_path / "new", place, SMALL)
    assert not (tmp_path / "new").exists()
