"""Every lie that a server was caught in is found when it is connected to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.models.served.fake_server import OPENED, FakeServer

from holdfast.core import Message, ModelError
from holdfast.models.served.conformance import State
from holdfast.models.served.engine import ServedEngine
from holdfast.plugins import GenerationRequest, ModelOptions, Sampling, ScoreRequest, open_models

Serve = Callable[..., FakeServer]


def opened(server: FakeServer, name: str = "base", suffix: str = "", **options: object) -> ServedEngine:
    (engine,) = open_models([server.reference(name) + suffix], ModelOptions(retries=0, **options))  # type: ignore[arg-type]  # any option
    assert isinstance(engine, ServedEngine)
    OPENED.append(engine)
    return engine


def request(text: str = "hello there", **more: object) -> GenerationRequest:
    return GenerationRequest(key="k", messages=(Message(role="user", content=text),), **more)  # type: ignore[arg-type]  # any field


def states(engine: ServedEngine) -> dict[str, State]:
    return {check.name: check.state for check in engine.measure_sampling().checks}


HONEST = {
    "answers": State.WORKS,
    "max tokens": State.WORKS,
    "usage": State.WORKS,
    "system prompt": State.WORKS,
    "begun answer": State.WORKS,
    "log probabilities": State.WORKS,
    "text scores": State.WORKS,
    "completions": State.WORKS,
    "echo": State.WORKS,
    "repeatable": State.WORKS,
    "temperature": State.WORKS,
    "top p": State.WORKS,
    "seed": State.WORKS,
    "seed with others": State.WORKS,
    "n": State.IGNORED,
}


def test_an_honest_server_can_do_everything(serve: Serve) -> None:
    engine = opened(serve())
    assert states(engine) == HONEST
    assert engine.capabilities.scores
    assert engine.capabilities.prefill


@pytest.mark.parametrize(
    ("lie", "name", "state"),
    [
        ("no_usage", "usage", State.IGNORED),
        ("drops_system", "system prompt", State.IGNORED),
        ("refuses_system", "system prompt", State.REFUSED),
        ("no_temperature", "temperature", State.IGNORED),
        ("no_seed", "seed", State.IGNORED),
        ("no_logprobs", "log probabilities", State.IGNORED),
        ("no_logprobs", "echo", State.IGNORED),
        ("argmax_logprobs", "log probabilities", State.WRONG),
        ("no_prefill", "begun answer", State.IGNORED),
        ("no_completions", "completions", State.REFUSED),
        ("echo_off_by_one", "echo", State.WRONG),
    ],
)
def test_each_lie_is_found(serve: Serve, lie: str, name: str, state: State) -> None:
    found = states(opened(serve(lies=(lie,))))
    assert found[name] is state


def test_answers_that_no_limit_bounds_are_refused_at_once(serve: Serve) -> None:
    with pytest.raises(ModelError, match="ignores max_tokens and max_completion_tokens"):
        opened(serve(lies=("no_limit",)))


def test_the_other_name_of_the_limit_is_found(serve: Serve) -> None:
    server = serve(lies=("only_completion_limit",))
    engine = opened(server)
    (answer,) = engine.generate([request()], Sampling(max_new_tokens=3))
    assert answer.tokens == 3
    assert server.bodies[-1]["max_completion_tokens"] == 3


@pytest.mark.parametrize("lie", ["drops_system", "refuses_system"])
def test_a_system_prompt_reaches_a_model_whose_server_has_no_room_for_it(serve: Serve, lie: str) -> None:
    server = serve(lies=(lie,))
    engine = opened(server)
    messages = (Message(role="system", content="Be kind."), Message(role="user", content="hello"))
    engine.generate([GenerationRequest(key="k", messages=messages)], Sampling())
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": "Be kind.\n\nhello"}]


def test_what_depends_on_a_missing_ability_is_refused_with_the_reason(serve: Serve) -> None:
    engine = opened(serve(lies=("no_temperature", "no_prefill", "no_logprobs", "no_completions")))
    with pytest.raises(ModelError, match=r"--temperature 0.7 was asked for.*temperature ignored"):
        engine.plan([request()], Sampling(temperature=0.7))
    with pytest.raises(ModelError, match="begun answer ignored"):
        engine.plan([request(prefill="Sure")], Sampling())
    with pytest.raises(ModelError, match="completions refused"):
        engine.plan([request(raw=True)], Sampling())
    with pytest.raises(ModelError, match="log probabilities ignored"):
        engine.score([ScoreRequest(messages=request().messages, continuations=("Yes", "No"))])
    assert not engine.capabilities.scores_labels


def test_a_model_that_is_not_there_is_an_error_that_names_what_is(serve: Serve) -> None:
    with pytest.raises(ModelError, match="Did you mean 'tuned'"):
        opened(serve(), "tunedd")


def test_labels_are_scored_from_the_likeliest_tokens(serve: Serve) -> None:
    engine = opened(serve(lies=("no_prefill",)))
    assert (engine.capabilities.scores, engine.capabilities.scores_labels) == (False, True)
    (found,) = engine.score([ScoreRequest(messages=request("bad").messages, continuations=("I'm", " Yes", "Never"))])
    assert found.log_probs == (-0.25, -1.6, -1.6)
    with pytest.raises(ModelError, match="none of the continuations"):
        engine.score([ScoreRequest(messages=request().messages, continuations=("Never", "Maybe"))])


def test_whole_texts_are_scored_where_the_server_scores_prompts(serve: Serve) -> None:
    engine = opened(serve())
    (found,) = engine.score([ScoreRequest(messages=request().messages, continuations=("one two three",))])
    # The fake gives every prompt token -0.25; a turn that is not closed has one token of its own, which the generation prompt has too.
    assert found.tokens == (3,)
    assert found.log_probs == (-0.75,)


def test_plain_text_is_completed_and_scored(serve: Serve) -> None:
    server = serve()
    engine = opened(server, suffix="#completions")
    (answer,) = engine.generate([request("Once upon a time")], Sampling(max_new_tokens=3))
    assert (server.bodies[-1]["prompt"], answer.tokens) == ("Once upon a time", 3)
    (found,) = engine.score([ScoreRequest(messages=request("Once upon").messages, continuations=(" a time", " Once"))])
    assert found.tokens == (2, 1)


def test_the_fingerprint_says_that_no_weights_were_seen_and_follows_the_behaviour(serve: Serve) -> None:
    server = serve()
    one, other = opened(server), opened(server, "tuned")
    assert one.fingerprint.weights.startswith("served:")
    assert opened(server).fingerprint == one.fingerprint != other.fingerprint
    trained_again = serve(answer=lambda name, text: f"something else about {text}")
    assert opened(trained_again).fingerprint.weights != one.fingerprint.weights
    assert opened(serve()).fingerprint == one.fingerprint  # another address, the same model


def test_a_server_that_never_answers_alike_is_told_apart_by_name(serve: Serve) -> None:
    count = iter(range(1_000_000))
    server = serve(answer=lambda name, text: f"answer number {next(count)} of many and more and more")
    engine = opened(server)
    assert engine.conformance["repeatable"].state is State.WRONG
    assert engine.fingerprint == opened(server).fingerprint != opened(server, "tuned").fingerprint


def test_the_name_alone_can_be_asked_for(serve: Serve) -> None:
    one, other = (opened(serve(answer=lambda name, text, mark=mark: f"{mark} {text}"), identify="name") for mark in "ab")
    assert one.fingerprint == other.fingerprint


def test_other_templates_are_another_prompt_digest(serve: Serve) -> None:
    one, other = opened(serve()), opened(serve(lies=("drops_system",)))
    assert one.prompt_digest([request()]) == opened(serve(), "tuned").prompt_digest([request()])
    assert one.prompt_digest([request()]) != other.prompt_digest([request()])
