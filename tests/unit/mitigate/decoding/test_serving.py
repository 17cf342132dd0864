"""The served ensemble speaks the wire of OpenAI's clients, ours among them, and refuses what it does not know."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.models.tiny import ask, random_words, save

from holdfast.core import InputError
from holdfast.mitigate.decoding import ChatServer, Cost, Ensemble, measure_cost, open_ensemble, read_address
from holdfast.plugins import Engine, ModelOptions, Sampling, open_models


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("models")
    base, tuned = (save(folder / name, seed=seed) for seed, name in enumerate(("base", "tuned")))
    opened = open_ensemble(Ensemble(base=str(base), tuned=str(tuned)), ModelOptions(device="cpu"), reference="ensemble")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[ChatServer]:
    running = ChatServer(engine, ("127.0.0.1", 0), model="ensemble", most_tokens=64, clock=lambda: 7.0)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def post(server: ChatServer, body: Any, **headers: str) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}/chat/completions", data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
            return answer.status, text if answer.headers["Content-Type"] == "text/event-stream" else json.loads(text)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]["message"]


def hello(**more: Any) -> dict[str, Any]:
    return {"model": "ensemble", "messages": [{"role": "user", "content": "w3 w9 w27"}], "temperature": 0, "max_tokens": 6, **more}


def test_our_own_client_gets_the_engines_answers(server: ChatServer, engine: Engine) -> None:
    requests = ask(random_words(1, 6, longest=12))
    [client] = open_models([f"openai:ensemble@{server.url}"], ModelOptions(concurrency=3))
    sampling = Sampling(max_new_tokens=8)
    served = {answer.key: answer.text for answer in client.generate(requests, sampling)}
    assert served == {answer.key: answer.text for answer in engine.generate(requests, sampling)}
    client.close()


def test_an_answer_has_the_form_of_a_chat_completion(server: ChatServer, engine: Any) -> None:
    status, body = post(server, hello(n=2))
    assert (status, body["object"], body["model"], body["created"]) == (200, "chat.completion", "ensemble", 7)
    assert [choice["index"] for choice in body["choices"]] == [0, 1]
    assert body["choices"][0]["message"] == body["choices"][1]["message"]
    assert body["choices"][0]["finish_reason"] in {"stop", "length"}
    assert body["usage"]["prompt_tokens"] == len(engine.token_ids(ask(["w3 w9 w27"]))[0])


def test_the_seed_decides_what_is_sampled(server: ChatServer) -> None:
    texts = [post(server, hello(temperature=1.5, seed=seed))[1]["choices"][0]["message"]["content"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    fresh = {post(server, hello(temperature=1.5))[1]["choices"][0]["message"]["content"] for _ in range(4)}
    assert len(fresh) > 1


def test_a_stream_is_one_chunk_and_an_end(server: ChatServer) -> None:
    _, whole = post(server, hello())
    status, text = post(server, hello(stream=True))
    first, end = [line.removeprefix("data: ") for line in text.strip().split("\n\n")]
    assert (status, end) == (200, "[DONE]")
    assert json.loads(first)["choices"][0]["delta"] == whole["choices"][0]["message"]


def test_a_stop_text_ends_the_answer(server: ChatServer) -> None:
    whole = post(server, hello(max_tokens=16))[1]["choices"][0]["message"]["content"]
    word = whole.split()[1]
    cut = post(server, hello(max_tokens=16, stop=[word]))[1]["choices"][0]
    assert cut["finish_reason"] == "stop"
    assert cut["message"]["content"] == whole[: whole.find(word)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not readable JSON"),
        ([], "must be a JSON object"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\]"),
        ({"messages": [{"role": "tool", "content": "x"}]}, r"messages\[0\]"),
        (hello(tools=[{"type": "function"}]), "tools is not supported"),
        (hello(logprobs=True), "logprobs is not supported"),
        (hello(temperature=3), "temperature must be a number from 0 to 2"),
        (hello(max_tokens=65), "max_tokens must be a whole number from 1 to 64"),
        (hello(n=0), "n must be"),
        (hello(seed="x"), "seed must be"),
        (hello(frequency_penalty=1), "frequency_penalty must be 0"),
    ],
)
def test_what_is_not_understood_is_refused_and_never_ignored(server: ChatServer, body: Any, why: str) -> None:
    status, message = post(server, body)
    assert status == 400
    assert re.search(why, message)


def test_a_page_in_a_browser_cannot_ask(server: ChatServer) -> None:
    assert post(server, hello(), **{"Content-Type": "text/plain"})[0] == 415
    assert post(server, hello(), Host="evil.example")[0] == 403


def test_models_are_listed_and_other_paths_are_not_there(server: ChatServer) -> None:
    with urllib.request.urlopen(f"{server.url}/models", timeout=30) as answer:
        assert [entry["id"] for entry in json.load(answer)["data"]] == ["ensemble"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server.url}/other", timeout=30)


def test_a_taken_port_and_a_bad_address_are_one_sentence(server: ChatServer, engine: Engine) -> None:
    with pytest.raises(InputError, match="give another port"):
        ChatServer(engine, ("127.0.0.1", int(server.server_address[1])), model="again")
    for text in ("8000", "host:", "host:port", "host:99999"):
        with pytest.raises(InputError, match="HOST:PORT"):
            read_address(text)


def test_the_cost_is_the_median_time_of_a_token(engine: Any) -> None:
    ticks = iter(range(1000))
    found = measure_cost(engine.tuned, engine, tokens=4, turns=3, clock=lambda: next(ticks) / 1000)
    asked = engine.tuned.generate(ask(["w1"]), Sampling(max_new_tokens=4))
    assert asked[0].tokens
    assert found.rows == 4
    assert 1 / 16 <= found.tuned_ms <= 1
    assert Cost(tuned_ms=2, ensemble_ms=3, tokens=4, rows=4).ratio == 1.5
