"""Where canaries stand in a corpus."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from holdfast.canaries import check_presence, manifest_digest, public_record, read_manifest
from holdfast.core import InputError
from holdfast.corpus.documents import place_of, shard_of
from holdfast.corpus.planting import PlannedCanaries, manifest_path, plan_canaries, public_settings, reads_words
from holdfast.corpus.spec import CanarySettings
from holdfast.corpus.steps import PLACES, Planting
from holdfast.records import open_dataset

SETTINGS = CanarySettings(formats=("digits", "guid"), repetitions=(1, 4, 16), per_repetition=2, controls=3)
KEPT = (40, 0, 1, 200, 3)


def written(plan: Planting, kept: Sequence[int]) -> list[list[str]]:
    """Write shards as a writer would: kept documents one after another, canaries before the ones that the plan names."""
    shards = []
    for shard, size in enumerate(kept):
        waiting = plan.places(shard).to_pylist()
        texts: list[str] = []
        for document in range(size + 1):
            while waiting and waiting[0]["before"] == document:
                texts.append(waiting.pop(0)["text"])
            if document < size:
                texts.append(f"document {shard}/{document}")
        assert not waiting
        shards.append(texts)
    return shards


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., PlannedCanaries]:
    """Plan with a manifest of its own each time."""
    counter = count()

    def make(settings: CanarySettings = SETTINGS, kept: Sequence[int] = KEPT, seed: int = 3, **more: Any) -> PlannedCanaries:
        settings = structs.replace(settings, seed=seed) if settings.seed is None else settings
        return plan_canaries(settings, kept, tmp_path / f"{next(counter)}.json", **more)

    return make


Plan = Callable[..., PlannedCanaries]


def test_every_copy_stands_where_the_manifest_says(plan: Plan) -> None:
    made = plan()
    shards = written(made, KEPT)
    for canary in made.manifest.canaries:
        assert len(canary.rows) == canary.repetitions
        assert all(shards[shard_of(number)][place_of(number)] == canary.text for number in canary.rows)
    found = Counter(text for texts in shards for text in texts)
    assert {one.text: found[one.text] for one in made.manifest.canaries} == {one.text: one.repetitions for one in made.manifest.canaries}
    assert not any(found[control.text] for control in made.manifest.controls)
    assert made.canaries == 2 * 2 * (1 + 4 + 16) == sum(map(len, shards)) - sum(KEPT)
    assert made.places(1).schema == PLACES
    assert made.places(1).num_rows == 0


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(plan: Plan) -> None:
    assert plan() == plan(kept=list(KEPT))
    assert plan(seed=4).manifest != plan().manifest


def test_places_are_uniform_over_documents_whatever_the_shards(plan: Plan) -> None:
    many = CanarySettings(formats=("digits",), repetitions=(2000,), per_repetition=2, controls=0)
    made = plan(many, (100, 0, 300))
    first = made.places(0).num_rows
    assert 900 < first < 1100
    assert not made.places(1).num_rows
    assert made.canaries == 4000
    # The same documents in other shards: the same places, seen over all of them.
    assert sum(before < 100 for before in plan(many, (400,)).places(0)["before"].to_pylist()) == first


def test_without_a_seed_everybody_has_other_canaries_and_the_manifest_goes_on(tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    made = plan_canaries(SETTINGS, KEPT, first)
    assert plan_canaries(SETTINGS, KEPT, first) == made, "the same command again"
    other = plan_canaries(SETTINGS, KEPT, second)
    assert made.manifest.seed > 2**32 or other.manifest.seed > 2**32
    assert not {one.secret for one in made.manifest.canaries} & {one.secret for one in other.manifest.canaries}
    given = structs.replace(SETTINGS, seed=made.manifest.seed)
    assert plan_canaries(given, KEPT, tmp_path / "3.json") == made, "the seed alone decides"
    with pytest.raises(InputError, match="another corpus"):
        plan_canaries(SETTINGS, (41, 0, 1, 200, 3), first)


def test_a_seed_of_its_own_decides_and_is_not_told(plan: Plan) -> None:
    own = CanarySettings(formats=("digits",), seed=77, manifest="/private/manifest.json")
    assert plan(own) == plan(own)
    assert "seed" not in public_settings(own)
    assert "manifest" not in public_settings(own)
    assert public_settings(own)["formats"] == ("digits",)


def test_own_words_come_from_the_texts(plan: Plan) -> None:
    words = CanarySettings(formats=("words=5",), repetitions=(1,), controls=1)
    assert reads_words(words)
    assert not reads_words(SETTINGS)
    known = [f"w{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(40)]
    made = plan(words, (10,), texts=lambda: [" ".join(known)])
    assert all(word in known for canary in made.manifest.canaries for word in canary.secret.split())
    with pytest.raises(InputError, match="need 16 words"):
        plan(words, (10,))


def test_nothing_to_stand_between_is_said(plan: Plan) -> None:
    for kept in ((), (0, 0)):
        with pytest.raises(InputError, match="keeps no document"):
            plan(kept=kept)


def test_the_manifest_is_private_kept_once_and_read_by_what_measures(tmp_path: Path) -> None:
    path = manifest_path(SETTINGS, tmp_path / "corpus")
    assert path == tmp_path / "corpus.canaries.json"
    made = plan_canaries(structs.replace(SETTINGS, seed=3), KEPT, path)
    assert plan_canaries(structs.replace(SETTINGS, seed=3), KEPT, path) == made
    assert [one.name for one in tmp_path.iterdir()] == [path.name], "no draft stays"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    manifest = read_manifest(path)
    assert manifest_digest(manifest) == made.manifest_sha256
    assert not any(canary.secret in str(public_record(manifest)) for canary in (*manifest.canaries, *manifest.controls))
    with pytest.raises(InputError, match="another corpus"):
        plan_canaries(structs.replace(SETTINGS, seed=4), KEPT, path)
    data = tmp_path / "corpus.txt"
    data.write_text("\n".join(text for texts in written(made, KEPT) for text in texts) + "\n", encoding="utf-8")
    assert check_presence(manifest, open_dataset(data)).notes == ()
