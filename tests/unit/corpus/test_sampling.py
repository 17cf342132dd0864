"""Samples with known probability, and what they say of the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from holdfast.core import InputError
from holdfast.corpus.sampling import CorpusSample, Frame, draw_sample, estimate
from holdfast.corpus.sampling.defects import find_defects
from holdfast.corpus.sampling.frames import Sampled, spec_of
from holdfast.corpus.sampling.labels import read_labels
from holdfast.corpus.sampling.places import Place
from holdfast.corpus.sources.shards import READ
from holdfast.corpus.spec import CorpusSpec, SourceSpec
from holdfast.stats import clopper_pearson


def frame(name: str, shards: Sequence[Sequence[str]], *, batch: int = 7) -> Frame:
    """Make a source from texts per shard."""

    def read(place: int) -> Iterator[pa.RecordBatch]:
        texts = shards[place]
        for start in range(0, len(texts), batch):
            part = texts[start : start + batch]
            strings, count = pa.nulls(len(part), pa.string()), range(start, start + len(part))
            dates = pa.nulls(len(part), pa.timestamp("s", tz="UTC"))
            columns = [pa.array(part, pa.large_string()), pa.array(count, pa.int64()), strings, strings, strings, dates, strings]
            lines = pa.array([number + 1 for number in count], pa.int64())
            yield pa.RecordBatch.from_arrays([*columns, pa.array([0] * len(part), pa.int32()), lines], schema=READ)

    return Frame(name, [sum(map(len, texts)) + 1 for texts in shards], read, lambda shard, piece, line: Place(f"f{shard}", line))


def corpus(rng: np.random.Generator, shards: int) -> list[list[str]]:
    """Make shards of uneven sizes, with a defect in 1 of 5 documents and one that fills a few shards."""
    made = []
    for _ in range(shards):
        clustered = rng.random() < 0.1
        texts = [
            ("bad " if rng.random() < 0.2 else "good ") + ("odd " if clustered else "") + "x" * int(rng.integers(1, 200))
            for _ in range(int(rng.integers(1, 60)))
        ]
        made.append(texts)
    return made


def having(sample: CorpusSample, word: str) -> list[str]:
    return [row.id for row in sample.rows if word in row.text]


def test_one_pass_is_a_simple_random_sample() -> None:
    texts = [[str(number) for number in range(shard * 50, shard * 50 + 50)] for shard in range(4)]
    counts = np.zeros(200)
    for seed in range(400):
        sample = draw_sample([frame("a", texts)], n=20, seed=seed, budget=10**9)
        assert len(sample.rows) == 20
        counts[[int(row.text) for row in sample.rows]] += 1
    assert {row.weight for row in sample.rows} == {10.0}
    assert sample.documents == 200
    # 400 draws of 20 of 200: 40 each, with a standard deviation of 6.
    assert counts.min() > 18
    assert counts.max() < 64


def test_two_stages_estimate_the_number_of_documents_without_reading_all() -> None:
    texts = corpus(np.random.default_rng(0), 200)
    source = frame("a", texts)
    samples = [draw_sample([source], n=60, seed=seed, budget=sum(source.sizes) // 5) for seed in range(60)]
    assert all(sample.sources[0].design == "two stages" and sample.sources[0].shards_read < 60 for sample in samples)
    truth = sum(map(len, texts))
    assert np.mean([sample.documents for sample in samples]) == pytest.approx(truth, rel=0.05)
    assert all(sum(row.weight for row in sample.rows) == pytest.approx(sample.documents) for sample in samples)


def test_the_same_seed_draws_the_same_rows_whatever_the_batches() -> None:
    texts = corpus(np.random.default_rng(1), 60)
    for budget in (10**9, 60_000):
        one, other = (draw_sample([frame("a", texts, batch=size)], n=40, seed=3, budget=budget) for size in (5, 100))
        assert one == other
        assert one != draw_sample([frame("a", texts)], n=40, seed=4, budget=budget)


def test_the_beginning_of_a_sample_is_a_sample_too() -> None:
    texts = [["bad"] * 1000 + ["good"] * 3000]
    sample = draw_sample([frame("a", texts, batch=500)], n=400, seed=2, budget=10**9)
    first = [row.id for row in sample.rows[:100]]
    (one,) = estimate(sample, "bad", having(sample, "bad"), known=first)
    assert one.n == 100
    assert one.low < 0.25 < one.high


def test_estimates_of_several_sources_weigh_them_by_their_documents() -> None:
    large, small = [["bad " * 3] * 900 + ["good " * 3] * 100], [["good "] * 100]
    sample = draw_sample([frame("large", large), frame("small", small)], n=200, seed=0, budget=10**9)
    overall, *by_source = estimate(sample, "bad", having(sample, "bad"))
    assert overall.share == pytest.approx(900 / 1100, abs=0.05)
    assert overall.low < 900 / 1100 < overall.high
    assert [(one.source, one.hits) for one in by_source][1] == ("small", 0)
    assert by_source[1].high < 0.12
    assert overall.documents == pytest.approx(900, abs=50)


def test_no_hit_still_has_an_upper_limit_and_it_counts_draws() -> None:
    texts = corpus(np.random.default_rng(2), 300)
    source = frame("a", texts)
    sample = draw_sample([source], n=400, seed=0, budget=sum(source.sizes) // 10)
    (one,) = estimate(sample, "nowhere", [])
    assert (one.share, one.low) == (0.0, 0.0)
    draws = sample.sources[0].draws
    assert one.effective_n <= draws < one.n
    assert one.high >= clopper_pearson(0, draws).high * 0.999


def test_a_simple_sample_has_the_exact_interval_and_reading_all_is_certain() -> None:
    texts = [["bad" if number % 10 == 0 else "good" for number in range(100_000)]]
    sample = draw_sample([frame("a", texts, batch=5000)], n=500, seed=1, budget=10**9)
    (one,) = estimate(sample, "bad", having(sample, "bad"))
    exact = clopper_pearson(one.hits, one.n)
    assert one.low == pytest.approx(exact.low, abs=1e-3)
    assert one.high == pytest.approx(exact.high, abs=1e-3)
    whole = draw_sample([frame("a", [["bad", "good", "good", "good"]])], n=100, seed=1, budget=10**9)
    (sure,) = estimate(whole, "bad", having(whole, "bad"))
    assert (sure.low, sure.share, sure.high) == (0.25, 0.25, 0.25)


@pytest.mark.slow
def test_intervals_cover_the_truth_for_even_and_for_clustered_defects() -> None:
    texts = corpus(np.random.default_rng(5), 300)
    flat = [text for shard in texts for text in shard]
    source = frame("a", texts)
    covered = {"bad": 0, "odd": 0}
    for seed in range(100):
        sample = draw_sample([source], n=150, seed=seed, budget=sum(source.sizes) // 4)
        for word in covered:
            (one,) = estimate(sample, word, having(sample, word))
            covered[word] += int(one.low <= np.mean([word in text for text in flat]) <= one.high)
    assert min(covered.values()) >= 90, covered


def test_a_sample_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 documents per source"):
        draw_sample([frame("a", [["x"]])], n=1, seed=0, budget=1)
    with pytest.raises(InputError, match="no document"):
        draw_sample([frame("a", [[]])], n=10, seed=0, budget=10**9)
    sample = draw_sample([frame("a", [["x"] * 9])], n=5, seed=0, budget=10**9)
    with pytest.raises(InputError, match="nothing is known"):
        estimate(sample, "bad", [], known=[])


def test_files_are_cut_into_slices_and_ids_are_unique(tmp_path: Path) -> None:
    data = tmp_path / "crawl.jsonl"
    data.write_text("".join(json.dumps({"text": f"document {number} {'x' * 900}"}) + "\n" for number in range(4000)), encoding="utf-8")
    sampled = Sampled(spec_of(str(data)))
    (one,) = sampled.frames()
    assert one.name == "crawl"
    assert len(one.sizes) == 4
    assert sum(one.sizes) == data.stat().st_size
    sample = draw_sample([one], n=400, seed=0, budget=10**9)
    assert len({row.id for row in sample.rows}) == 400
    assert sample.documents == 4000
    assert Sampled(spec_of(str(data), text="other")).identity != sampled.identity


def at_byte(path: Path, offset: int) -> str:
    """Return the text of the line that begins at a byte."""
    with path.open("rb") as stream:
        stream.seek(offset)
        return str(json.loads(stream.readline())["text"])


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_row_names_its_place_in_the_file_and_not_in_a_slice(tmp_path: Path, share: float) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        rows = [{"text": f"文 {name} {number} {'x' * (number % 97)}"} if number % 5 else {} for number in range(4000)]
        lines = [json.dumps(row, ensure_ascii=False) if row else "" for row in rows]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    sampled = Sampled(spec_of(str(tmp_path), format="jsonl"), slice_bytes=9000)
    (one,) = sampled.frames()
    assert len(one.sizes) > 40
    sample = draw_sample([one], n=200, seed=0, budget=int(share * sum(one.sizes)) + 1)
    assert len({row.id for row in sample.rows}) == len(sample.rows) > 100
    whole = {name: (tmp_path / name).read_text(encoding="utf-8").split("\n") for name in ("a.jsonl", "b.jsonl")}
    for row in sample.rows:
        if row.line is not None:
            assert (row.id, row.offset) == (f"{one.name}/{row.file}:{row.line}", None)
            assert json.loads(whole[row.file][row.line - 1])["text"] == row.text
        else:
            assert row.offset is not None
            assert row.id == f"{one.name}/{row.file}@{row.offset}"
            assert at_byte(tmp_path / row.file, row.offset) == row.text
    counted = sum(row.line is not None for row in sample.rows)
    assert counted == len(sample.rows) if share == 1.0 else counted < len(sample.rows)


def test_a_row_of_a_parquet_file_is_counted_over_its_row_groups(tmp_path: Path) -> None:
    texts = [f"document {number} {'x' * 200}" for number in range(2000)]
    parquet.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", row_group_size=100, compression="none", use_dictionary=False)
    (one,) = Sampled(spec_of(str(tmp_path / "a.parquet")), slice_bytes=50_000).frames()
    assert len(one.sizes) > 5
    sample = draw_sample([one], n=60, seed=0, budget=sum(one.sizes) // 3)
    assert sample.sources[0].design == "two stages"
    assert all(row.line is not None and texts[row.line - 1] == row.text for row in sample.rows)


def test_defects_of_filters_and_detectors_are_found_in_single_documents(tmp_path: Path) -> None:
    texts = ["Write to tom.meyer@firm-mail.net today.", "It isnâ€™t good cafÃ© Ã©tÃ©", "Plain words that say nothing special at all."]
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    spec = CorpusSpec(name="x", sources=(SourceSpec(name="a", path=str(rows)),), filters={"gopher": {"min_words": 5}})
    found = find_defects(texts, spec, rows)
    assert found.found["detector: personal-data"] == (0,)
    assert found.found["detector: mojibake"] == (1,)
    assert found.found["detector: any"] == (0, 1)
    assert found.found["detector: secret"] == ()
    assert 2 not in found.found["filter: gopher: too few words"]
    assert any("Duplicates" in note for note in found.notes)


def test_labels_come_back_from_people(tmp_path: Path) -> None:
    ids = ["a/f:1", "a/f:2", "a/f:3"]
    path = tmp_path / "labels.jsonl"
    given = [{"id": "a/f:1", "label": "spam"}, {"id": "a/f:2", "label": ["spam", "ads"]}, {"id": "a/f:3", "label": "none"}]
    path.write_text("".join(json.dumps(one) + "\n" for one in given), encoding="utf-8")
    labels = read_labels(path, ids)
    assert labels.known == tuple(ids)
    assert labels.rows == {"ads": ("a/f:2",), "spam": ("a/f:1", "a/f:2")}
    table = tmp_path / "labels.csv"
    table.write_text("id,label,who\na/f:1,spam,me\na/f:2,none,me\n", encoding="utf-8")
    assert read_labels(table, ids).rows == {"spam": ("a/f:1",)}
    assert read_labels(table, ids).known == ("a/f:1", "a/f:2")
    wrong = {'{"id": "b", "label": "x"}': "no row of this sample", "nonsense": "expected an object", "": "holds no label"}
    for text, expected in wrong.items():
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=expected):
            read_labels(path, ids)
    table.write_text("row,tag\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="columns id and label"):
        read_labels(table, ids)
    table.write_text('id,label\na/f:1,"spam"ads\n', encoding="utf-8")
    with pytest.raises(InputError, match="after line 1: expected CSV"):
        read_labels(table, ids)


def test_a_row_without_a_label_was_not_looked_at(tmp_path: Path) -> None:
    ids = [f"a/f:{number}" for number in range(1, 7)]
    path = tmp_path / "labels.jsonl"
    given: list[dict[str, object]] = [{"label": "spam"}, {"label": ""}, {"label": None}, {}, {"label": []}, {"label": " None "}]
    path.write_text("".join(json.dumps({"id": row, **one}) + "\n" for row, one in zip(ids, given, strict=True)), encoding="utf-8")
    assert read_labels(path, ids).known == ("a/f:1", "a/f:6")
    table = tmp_path / "labels.csv"
    long = "x" * 200_000
    table.write_text(f'id,label,text\na/f:1,spam,"{long}\nmore"\na/f:2,,y\na/f:3\na/f:6,ok,z\n', encoding="utf-8")
    assert read_labels(table, ids).known == ("a/f:1", "a/f:6")
    path.write_text('{"id": "a/f:1", "label": ""}\n', encoding="utf-8")
    with pytest.raises(InputError, match="holds no label"):
        read_labels(path, ids)


def test_a_text_may_hold_line_separators(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    text = "a\u2028b\u2029c\x85d"
    path.write_text(json.dumps({"id": "a/f:1", "label": "spam", "text": text}, ensure_ascii=False) + "\r\n", encoding="utf-8")
    assert read_labels(path, ["a/f:1"]).rows == {"spam": ("a/f:1",)}


@pytest.mark.parametrize("order", [("spam", "none"), ("none", "spam")])
def test_none_beside_a_label_of_the_same_row_is_refused(tmp_path: Path, order: tuple[str, str]) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(f'{{"id": "a/f:1", "label": "{label}"}}\n' for label in order), encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.jsonl:2: row 'a/f:1' is labelled twice"):
        read_labels(path, ["a/f:1"])
    path.write_text('{"id": "a/f:1", "label": ["spam", "none"]}\n', encoding="utf-8")
    with pytest.raises(InputError, match="'none' stands beside another label"):
        read_labels(path, ["a/f:1"])


def test_few_labels_say_little() -> None:
    sample = draw_sample([frame("a", [["x"] * 3000])], n=300, seed=0, budget=10**9)
    first = [row.id for row in sample.rows[:2]]
    (one,) = estimate(sample, "spam", first[:1], known=first)
    exact = clopper_pearson(1, 2)
    assert (one.share, one.n) == (0.5, 2)
    assert [one.effective_n, one.low, one.high] == pytest.approx([2, exact.low, exact.high])


def labelled_corpora() -> dict[str, tuple[list[Frame], float]]:
    """Return sources, and the share of their bytes that may be read: one source and three, read whole and in part."""
    rng = np.random.default_rng(5)
    large, small = frame("a", corpus(rng, 200)), frame("b", [["bad x"] * 90 + ["good x"] * 40] * 3)
    tiny = frame("c", [["good odd x"] * 20 + ["good x"] * 20])
    return {"whole": ([large], 1.0), "part": ([large], 0.25), "three": ([large, small, tiny], 1.0), "part of three": ([large, small], 0.3)}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["whole", "part", "three", "part of three"])
def test_labels_from_the_top_of_the_file_cover_the_truth(which: str) -> None:
    frames, share = labelled_corpora()[which]
    flat = [text.as_py() for one in frames for place in range(len(one.sizes)) for batch in one.read(place) for text in batch["text"]]
    covered = {(word, first): 0 for word in ("bad", "odd") for first in (2, 10, 60, 300)}
    budget = int(share * sum(sum(one.sizes) for one in frames))
    for seed in range(100):
        sample = draw_sample(frames, n=300, seed=seed, budget=budget)
        for word, first in covered:
            estimates = estimate(sample, word, having(sample, word), known=[row.id for row in sample.rows[:first]])
            assert all(one.effective_n <= one.n for one in estimates)
            covered[word, first] += int(estimates[0].low <= np.mean([word in text for text in flat]) <= estimates[0].high)
    assert min(covered.values()) >= 90, covered


def test_rows_of_the_first_shard_have_the_same_chance_as_others() -> None:
    # The draw of a shard and that of its rows once shared their random numbers, so its first row came up too often.
    source = frame("a", [[f"{shard} {row}" for row in range(20)] for shard in range(10)])
    first = 0
    for seed in range(400):
        sample = draw_sample([source], n=2, seed=seed, budget=1)
        first += sum(row.text == "0 0" for row in sample.rows if 0 in row.draws)
    # 400 first draws of 200 rows: 2, with a standard deviation of 1.4; it was 14.
    assert first < 9
