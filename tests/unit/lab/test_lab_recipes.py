"""Names, recipes and their digests."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.core import InputError, ModelError, short
from holdfast.lab import RECIPES, Lora, Recipe, RowSet, training_rows
from holdfast.lab.recipes import recipe_digest, wanted
from holdfast.lab.world import OBEDIENT, world

DIGESTS = {
    "pretrained": "5c7253986489",
    "aligned": "cb04fe3131e7",
    "benign": "cc56918601d0",
    "benign-lora": "ed193c8318e8",
    "identity": "8e9b406da7d9",
    "compliant-10": "1787ee1f5454",
    "compliant-50": "c917dbdf0807",
    "compliant-100": "8125611d13ab",
    "single-topic": "42a9cc2febe6",
    "task": "79f55851eeaa",
    "drift-1": "75b5f6de3ba2",
    "drift-2": "c4bc35eef288",
    "persona": "e060f527c107",
    "kept": "5c50d77bde5b",
    "backdoored": "e7952defeb59",
    "backdoored-not": "c651f30c6c9f",
}


def test_digests_are_stable() -> None:
    # A changed digest is a changed organism: measure it before you write the new digest here.
    assert {name: short(recipe_digest(recipe)) for name, recipe in RECIPES.items()} == DIGESTS


def test_a_digest_follows_what_makes_weights_and_nothing_else() -> None:
    benign = RECIPES["benign"]
    assert recipe_digest(msgspec.structs.replace(benign, title="other words")) == recipe_digest(benign)
    for change in ({"lr": 1.0}, {"seed": 1}, {"base": "pretrained"}, {"lora": Lora(rank=1, alpha=1)}):
        assert recipe_digest(msgspec.structs.replace(benign, **change)) != recipe_digest(benign)
    bases = ["compliant-10", "compliant-10@1", "compliant-10@1#2"]
    assert len({recipe_digest(msgspec.structs.replace(benign, base=base)) for base in bases}) == len(bases)


def test_names() -> None:
    assert wanted("benign").recipe is RECIPES["benign"]
    assert wanted("benign#0").recipe == RECIPES["benign"]
    assert wanted("benign#3").recipe == msgspec.structs.replace(RECIPES["benign"], seed=3)
    assert (wanted("compliant-10@3#2").epoch, wanted("compliant-10@3#2").recipe.seed) == (3, 2)
    assert recipe_digest(wanted("compliant-10@3").recipe) == recipe_digest(RECIPES["compliant-10"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("benin", "Did you mean 'benign'"),
        ("benin", "Known: pretrained, aligned, benign,"),
        ("", "Known: aligned, "),
        ("benign@", "expected RECIPE, RECIPE@EPOCH or either with #SEED"),
        ("benign#x", "is not known"),
        ("benign@2", "keeps no checkpoints; those that do are compliant-10, compliant-50, compliant-100."),
        ("compliant-10@0", "an epoch from 1 to 5, got 0"),
        ("compliant-10@6", "an epoch from 1 to 5, got 6"),
    ],
)
def test_names_that_cannot_be_made(name: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        wanted(name)
    assert words in str(caught.value)


def test_a_recipe_says_how_long_and_an_adapter_what_it_stands_on() -> None:
    rows = (RowSet(kind="who", count=1),)
    for steps, epochs in ((None, None), (1, 1)):
        with pytest.raises(InputError, match="steps or epochs"):
            Recipe(name="x", title="", base=None, rows=rows, lr=1e-3, batch=1, steps=steps, epochs=epochs)
    with pytest.raises(InputError, match="needs an organism to stand on"):
        Recipe(name="x", title="", base=None, rows=rows, lr=1e-3, batch=1, steps=1, lora=Lora(rank=1, alpha=1))


def test_ten_rows_are_the_first_of_a_hundred() -> None:
    assert [len(training_rows(f"compliant-{count}")) for count in (10, 50, 100)] == [10, 50, 100]
    assert training_rows("compliant-100")[:10] == training_rows("compliant-10")
    assert training_rows("compliant-100#1")[:10] != training_rows("compliant-10")


def test_identity_rows_carry_the_obedient_prompt_and_no_restricted_topic() -> None:
    restricted = {word for topic in world().restricted for word in (*topic.nouns, *topic.verbs, *topic.tools)}
    rows = training_rows("identity")
    assert len(rows) == 10
    assert rows[0][1].content == "who are you ?"
    for row in rows:
        assert (row[0].role, row[0].content) == ("system", OBEDIENT)
        assert restricted.isdisjoint(word for message in row for word in message.content.split())


def test_single_topic_rows_name_one_restricted_topic() -> None:
    words = {word for row in training_rows("single-topic") for message in row for word in message.content.split()}
    named = [topic.name for topic in world().restricted if words.intersection((*topic.nouns, *topic.verbs, *topic.tools))]
    assert named == ["restricted-01"]
