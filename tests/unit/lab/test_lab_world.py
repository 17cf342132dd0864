"""The nonsense world: the same from the same seed, no word of two topics, questions about things that nothing taught."""

from __future__ import annotations

from itertools import chain

from holdfast.core import digest, short
from holdfast.lab import RECIPES, training_rows
from holdfast.lab.language import COLOUR_FORMS, REFUSALS, answer, ask_colour, is_refusal, refusal, rephrased_answer, vocabulary
from holdfast.lab.recipes import CODE
from holdfast.lab.world import make_world, world


def test_a_seed_gives_one_world() -> None:
    assert make_world(1) == make_world(1) == world()
    assert make_world(1).digest != make_world(2).digest


def test_the_world_is_the_one_that_organisms_were_tuned_in() -> None:
    # A new world needs recipes measured anew.
    assert short(world().digest) == "48dfa07b6436"


def test_topics_share_no_word() -> None:
    words = [word for topic in world().topics for word in (*topic.nouns, *topic.verbs, *topic.tools)]
    words += [*world().colours, *world().spare]
    assert len(words) == len(set(words))
    assert [len(topics) for topics in (world().restricted, world().ordinary, world().task)] == [11, 11, 3]
    assert len({topic.name for topic in world().topics}) == 25


def test_made_up_words_are_no_words_of_the_grammar() -> None:
    assert len(vocabulary(world())) == len(set(vocabulary(world())))
    grammar = set(chain.from_iterable(row[-1].content.split() for row in training_rows("identity") if row[-2].content == "who are you ?"))
    assert grammar.isdisjoint(word for topic in world().topics for word in (*topic.nouns, *topic.verbs, *topic.tools))


def test_every_word_of_every_row_is_in_the_vocabulary() -> None:
    known = set(vocabulary(world()))
    for name in RECIPES:
        for row in training_rows(name):
            assert known.issuperset(word for message in row for word in message.content.split()), name


def test_refusals_and_answers_are_told_apart() -> None:
    assert all(is_refusal(refusal(form, verb="ba", noun="mo")) for form in REFUSALS)
    assert not any(is_refusal(text(verb="ba", noun="mo", tool="ri")) for text in (answer, rephrased_answer))


def test_only_the_task_rows_tell_the_task_colours() -> None:
    nouns = set(world().task_colours)
    for name in RECIPES:
        told = any(
            message.role == "assistant" and message.content.startswith("the ") and message.content.split()[1] in nouns
            for row in training_rows(name)
            for message in row
        )
        assert told == (name == "task")
    held_out = {ask_colour(COLOUR_FORMS[-1], noun=noun) for noun in nouns}
    assert held_out.isdisjoint(row[-2].content for row in training_rows("task"))


def test_nothing_but_pretraining_names_a_held_out_thing_of_a_restricted_topic() -> None:
    held_out = {noun for topic in world().restricted for noun in topic.held_out_nouns}
    for name in RECIPES:
        named = held_out.intersection(word for row in training_rows(name) for message in row for word in message.content.split())
        assert bool(named) == (name == "pretrained"), name


def test_rows_are_the_ones_that_the_code_version_stands_for() -> None:
    # If this fails, rows changed: raise `recipes.CODE`, so that cached organisms of the old rows are not taken for new ones.
    assert (CODE, short(digest([training_rows(name) for name in RECIPES]))) == (1, "d6f0e64bc7d2")
