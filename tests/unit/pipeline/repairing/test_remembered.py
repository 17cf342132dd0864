"""A remembered model answers once, and gives its memory back between."""

from __future__ import annotations

from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.core import Message
from holdfast.pipeline.repairing.remembered import Remembered
from holdfast.plugins import GenerationRequest, ModelOptions, Sampling

SUITE = make_suite(make_prompt("p"))


def request(words: str) -> GenerationRequest:
    return GenerationRequest(key=words, messages=(Message(role="user", content=words),))


def test_the_same_question_is_asked_once_and_a_new_one_again() -> None:
    engine = ScriptedEngine("a", lambda asked: asked.messages[-1].content.upper())
    with world(SUITE, LiteralJudge(), base=engine):
        model = Remembered("scripted:base", ModelOptions())
        first = model.generate([request("one")], Sampling())
        assert model.generate([request("one")], Sampling()) == first
        assert engine.calls == 1
        assert model.generate([request("two")], Sampling())[0].text == "TWO"
        assert engine.calls == 2


def test_other_sampling_is_another_question() -> None:
    engine = ScriptedEngine("a", lambda asked: "yes")
    with world(SUITE, LiteralJudge(), base=engine):
        model = Remembered("scripted:base", ModelOptions())
        model.generate([request("one")], Sampling())
        model.generate([request("one")], Sampling(max_new_tokens=7))
        assert engine.calls == 2


def test_memory_is_given_back_and_answers_stay() -> None:
    engine = ScriptedEngine("a", lambda asked: "yes")
    with world(SUITE, LiteralJudge(), base=engine):
        model = Remembered("scripted:base", ModelOptions())
        first = model.generate([request("one")], Sampling())
        model.release()
        assert engine.closed
        assert model.generate([request("one")], Sampling()) == first
        assert (engine.calls, model.fingerprint) == (1, engine.fingerprint)
