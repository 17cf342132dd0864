"""Which models hold rows of a source: by the SHA-256 of a shard, by a folder, by somebody's word, and by descent."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from holdfast.core import Decision, InputError, pretty_json
from holdfast.history import Edge, FinishedRun, History, RunModel, record_use
from holdfast.pipeline.retracting import Asked, retract_source, trace_source
from holdfast.pipeline.tracing import corpus_entry, record_training
from holdfast.plugins import ModelFingerprint
from holdfast.provenance import ModelHolding, read_version
from holdfast.testing.corpora import make_corpus
from holdfast.training.config import TrainConfig
from holdfast.training.rows import read_rows
from holdfast.training.saving import CARD_FILE, Parent, TrainCard

HOST = "h0.site0.example"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    make_corpus(tmp_path / "corpus", ending=".jsonl")
    return tmp_path / "corpus"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/history.db"


def model(name: str) -> RunModel:
    return RunModel(side="tuned", reference=name, place=name, fingerprint=ModelFingerprint(weights=name, tokenizer="t", template="t"))


def made_from(url: str, *pairs: tuple[RunModel, RunModel], how: str = "compare") -> None:
    with History(url) as history:
        for parent, child in pairs:
            sides = tuple(msgspec.structs.replace(one, side=side) for one, side in ((parent, "base"), (child, "tuned")))
            edge = Edge(parent=parent.id, child=child.id, how=how)
            asked = {"pair": [parent.id, child.id]}
            run = FinishedRun(
                stage=how,
                folder="x",
                command="x",
                holdfast="0",
                seed=0,
                asked=asked,
                models=sides,
                edges=(edge,),
                measurements=(),
                verdict=None,
            )
            history.record(run)


def card_in(folder: Path, data: Path | str, *, parent: str = "nobody", files: bool = True) -> Path:
    """Write what `holdfast train` leaves in a model's folder."""
    folder.mkdir(parents=True)
    config = TrainConfig(model="base", data=str(data), out=str(folder))
    card = TrainCard(
        parents=(Parent(reference="base", fingerprint=parent, weights="w"),),
        method="lora",
        config=config,
        config_digest=config.digest,
        data="d" * 64,
        files=read_rows(config.sources).files if files else {},
        rows=1,
        steps=1,
        watched=False,
        holdfast="0",
    )
    (folder / CARD_FILE).write_bytes(pretty_json(card))
    return folder


def by_name(models: tuple[ModelHolding, ...]) -> dict[str, tuple[str, int | None]]:
    return {Path(one.reference).name: (one.how, one.rows) for one in models}


def test_a_training_on_a_shard_is_known_by_the_shard_s_digest_wherever_it_was_copied(corpus: Path, tmp_path: Path, url: str) -> None:
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_bytes((corpus / "shards/00002.jsonl").read_bytes())
    (tmp_path / "other.jsonl").write_text(json.dumps({"text": "something else entirely"}) + "\n", encoding="utf-8")
    card_in(tmp_path / "models/on-a-copy", copy)
    card_in(tmp_path / "models/on-the-folder", corpus / "shards")
    card_in(tmp_path / "models/on-other-rows", tmp_path / "other.jsonl")
    copy.unlink()
    found = trace_source(corpus, Asked(value=HOST), history=url, models=[tmp_path / "models"])
    held = {one.shard: one.rows for one in found.holding.shards}
    assert by_name(found.models) == {
        "on-a-copy": ("trained", held["shards/00002.jsonl"]),
        "on-the-folder": ("trained", sum(held.values())),
    }
    assert found.decision is Decision.UNDECIDED


def test_a_card_of_an_older_holdfast_is_known_by_its_path(corpus: Path, tmp_path: Path, url: str) -> None:
    card_in(tmp_path / "models/old", corpus / "shards/00001.jsonl", files=False)
    found = trace_source(corpus, Asked(value="crawl"), history=url, models=[tmp_path / "models"])
    assert found.models == (), "shard 1 is of books"
    assert found.decision is Decision.PASS
    found = trace_source(corpus, Asked(value="books"), history=url, models=[tmp_path / "models"])
    assert by_name(found.models)["old"] == ("trained", 150)


def test_what_was_made_from_a_model_that_holds_rows_is_listed_after_it(corpus: Path, tmp_path: Path, url: str) -> None:
    trained, child, grandchild, stranger = (model(name) for name in ("trained", "child", "grandchild", "stranger"))
    made_from(url, (trained, child), (stranger, model("its-child")))
    made_from(url, (child, grandchild), how="train")
    with History(url) as history:
        record_use(history, corpus_entry(corpus, read_version(corpus)), trained)
    card_in(tmp_path / "models/tuned-here", corpus / "shards/00001.jsonl", parent=grandchild.id)
    found = trace_source(corpus, Asked(value="crawl"), history=url, models=[tmp_path / "models"])
    assert [(Path(one.reference).name, one.how) for one in found.models] == [
        ("trained", "recorded"),
        ("child", "made from"),
        ("grandchild", "made from"),
        ("tuned-here", "made from"),
    ]
    assert [one.parent for one in found.models] == [None, "trained", "child", "grandchild"]
    assert found.models[0].rows == 300


def test_a_record_of_shards_counts_only_where_they_hold_rows(corpus: Path, url: str) -> None:
    with History(url) as history:
        use = record_training(corpus, "ours", history, shards=["1", "00003"])
        assert (use.shards, use.model) == (("shards/00001.jsonl", "shards/00003.jsonl"), None)
        assert record_training(corpus, "ours", history, shards=["3", "1"]) == use, "said twice, it is there once"
        with pytest.raises(InputError, match="is no shard"):
            record_training(corpus, "ours", history, shards=["44"])
    assert trace_source(corpus, Asked(value="crawl"), history=url).models == ()
    assert trace_source(corpus, Asked(value="books"), history=url).models[0].rows == 300


def test_retracting_lists_the_models_and_knows_later_versions(corpus: Path, tmp_path: Path, url: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    done = retract_source(corpus, Asked(value="books"), first, history=url)
    assert (done.traced.models, done.traced.decision) == ((), Decision.PASS)
    with History(url) as history:
        record_training(first, "on-first", history)
        record_training(corpus, "on-the-whole", history)
    # The first new version still has rows of this host, so a model of it counts when the old version is traced.
    found = trace_source(corpus, Asked(value=HOST), history=url)
    rows = {one.reference: one.rows for one in found.models}
    left = trace_source(first, Asked(value=HOST), history=url)
    assert rows == {"on-the-whole": found.holding.rows, "on-first": left.holding.rows}
    assert {one.reference for one in left.models} == {"on-the-whole", "on-first"}, "the older version had these rows too"
    retract_source(first, Asked(value=HOST), second, history=url)
    with History(url) as history:
        record_training(second, "clean", history)
    assert "clean" not in {one.reference for one in trace_source(corpus, Asked(value=HOST), history=url).models}
    (second / "corpus.json").unlink()
    unsure = {one.reference: one for one in trace_source(corpus, Asked(value=HOST), history=url).models}
    assert (unsure["clean"].rows, "may hold" in unsure["clean"].said) == (None, True)


def test_no_history_is_no_clean_bill(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HISTORY", "off")
    found = trace_source(corpus, Asked(value="crawl"))
    assert (found.history, found.models, found.decision) == (None, (), Decision.UNDECIDED)


def test_a_plan_writes_nothing(corpus: Path, tmp_path: Path, url: str) -> None:
    before = sorted(path.name for path in tmp_path.rglob("*"))
    seen: list[int] = []
    done = retract_source(corpus, Asked(value=HOST), None, history=url, planned=lambda plan: seen.append(plan.traced.holding.rows))
    assert (done.written, seen) == (None, [done.traced.holding.rows])
    new = set(path.name for path in tmp_path.rglob("*")) - set(before)
    assert new <= {"trace.parquet", "trace.json", "history.db", "history.db-wal", "history.db-shm"}


def test_a_database_from_before_corpora_gets_their_tables(url: str) -> None:
    from sqlalchemy import create_engine, text

    with History(url):
        pass
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("holdfast_uses", "holdfast_corpora"):
            connection.execute(text(f"DROP TABLE {table}"))
    engine.dispose()
    with History(url) as history:
        assert history.count() == 0
        with history.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM holdfast_uses")).scalar() == 0
