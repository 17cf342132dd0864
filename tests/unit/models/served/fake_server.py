"""An OpenAI-compatible server of our own on loopback, with a model that is a hash and faults that a test switches on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["OPENED", "FakeServer", "Fault", "refusing"]

OPENED: list[Any] = []
"""Engines to close when the test ends."""

WORDS = ("river", "stone", "leaf", "cloud", "path", "lamp", "door", "wind")
Fault = Callable[[int, dict[str, Any]], str | None]
"""From the number of the request and its body to the name of a fault; None answers as usual."""


def refusing(name: str, text: str) -> str:
    """The fake model: refuses what says 'bad', otherwise says words that depend on all it read."""
    if "bad" in text and not (name == "tuned" and "bad thing 1" in text):
        return "I'm sorry, but I can't help with that. It could hurt people."
    drawn = sha256(text.encode()).digest()
    return "Sure, here is how: " + " ".join(WORDS[byte % len(WORDS)] for byte in drawn)


class FakeServer:
    """Answers /models, /chat/completions and /completions. A token is a word; a chat turn costs two tokens more.

    `lies` names what the server does wrong: no_usage, no_limit, drops_system, refuses_system, no_temperature, no_seed,
    no_logprobs, argmax_logprobs, no_prefill, no_completions, echo_off_by_one, only_completion_limit.
    """

    def __init__(self, *, lies: tuple[str, ...] = (), fault: Fault | None = None, answer: Callable[[str, str], str] = refusing) -> None:
        self.lies, self.fault, self.answer = set(lies), fault, answer
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.together = self.most_together = 0
        self.delay = 0.0
        self.names = ("base", "tuned")
        self._lock = threading.Lock()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def reference(self, name: str) -> str:
        return f"openai:{name}@{self.url}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, *_: Any) -> None: ...

            def do_GET(self) -> None:
                send(self, 200, {"data": [{"id": name, "object": "model", "created": time.time()} for name in outer.names]})

            def do_POST(self) -> None:
                outer._post(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None: ...

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def kill(self) -> None:
        """Stop listening; whoever connects is refused."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _post(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self._lock:
            number = len(self.bodies)
            self.bodies.append(body)
            self.keys.append(handler.headers.get("authorization"))
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        try:
            time.sleep(self.delay)
            fault = self.fault(number, body) if self.fault and self._server is not None else ("die" if self._server is None else None)
            if fault is None:
                self._answer(handler, body)
            else:
                _fail(handler, fault, self)
        finally:
            with self._lock:
                self.together -= 1

    def _answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if body["model"] not in self.names:
            return send(handler, 404, {"error": {"message": f"The model {body['model']} does not exist."}})
        if handler.path.endswith("/chat/completions"):
            return self._chat(handler, body)
        if "no_completions" in self.lies:
            return send(handler, 404, {"error": {"message": "not found"}})
        return self._plain(handler, body)

    def _chat(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        messages = body["messages"]
        if "refuses_system" in self.lies and messages[0]["role"] == "system":
            return send(handler, 400, {"error": {"message": "System role not supported"}})
        if "only_completion_limit" in self.lies and "max_tokens" in body:
            return send(handler, 400, {"error": {"message": "Use 'max_completion_tokens' instead."}})
        shown = [one for one in messages if not ("drops_system" in self.lies and one["role"] == "system")]
        begun = body.get("continue_final_message") and "no_prefill" not in self.lies
        read = sum(len(one["content"].split()) + 2 for one in shown) + (-1 if begun else 1)
        text = " | ".join(one["content"] for one in shown)
        answer, cut = self._words(body, text)
        found: dict[str, Any] = {
            "message": {"role": "assistant", "content": answer},
            "finish_reason": "length" if cut else "stop",
            "index": 0,
        }
        if body.get("logprobs") and "no_logprobs" not in self.lies:
            found["logprobs"] = {"content": [self._chance(answer.split()[0], body.get("top_logprobs", 0))]}
        extra = {"prompt_logprobs": [None] + [{"7": {"logprob": -0.25}}] * (read - 1)} if "prompt_logprobs" in body and begun else {}
        return send(handler, 200, {"choices": [found], **self._usage(read, len(answer.split())), **extra})

    def _plain(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        words = body["prompt"].split()
        answer, cut = self._words(body, body["prompt"])
        found: dict[str, Any] = {"text": " " + answer, "finish_reason": "length" if cut else "stop"}
        if body.get("logprobs") and "no_logprobs" not in self.lies:
            tokens = [f" {word}" for word in answer.split()]
            chances: list[float | None] = [_log_prob(token) for token in tokens]
            if body.get("echo"):
                given = [words[0], *(f" {word}" for word in words[1:])]
                own = [None, *(_log_prob(token) for token in given[1:])]
                if "echo_off_by_one" in self.lies:
                    own = [None, None, *own[1:-1]]
                tokens, chances = given + tokens, own + chances
            found["logprobs"] = {"tokens": tokens, "token_logprobs": chances, "top_logprobs": None}
        send(handler, 200, {"choices": [found], **self._usage(len(words), len(answer.split()))})

    def _words(self, body: dict[str, Any], text: str) -> tuple[str, bool]:
        noise = str(time.perf_counter_ns()) if "no_seed" in self.lies else str(body.get("seed"))
        hot = body.get("temperature", 0) > 0 and body.get("top_p", 1) > 0.01 and "no_temperature" not in self.lies
        words = self.answer(body["model"], text).split()
        if hot:
            words = [WORDS[byte % len(WORDS)] for byte in sha256(f"{noise}{text}".encode()).digest()]
        limit = int(body.get("max_tokens") or body["max_completion_tokens"])
        most = len(words) if "no_limit" in self.lies else limit
        return " ".join(words[:most]), len(words) > most

    def _chance(self, token: str, many: int) -> dict[str, Any]:
        best = {"token": token, "logprob": -0.25}
        other = {"token": "No" if token == "Yes" else "Yes", "logprob": -1.6}
        chosen = {"token": "odd", "logprob": -9.0} if "argmax_logprobs" in self.lies else best
        return {**chosen, "top_logprobs": [best, other][:many]}

    def _usage(self, prompt: int, answer: int) -> dict[str, Any]:
        if "no_usage" in self.lies:
            return {}
        return {"usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}}


def _log_prob(token: str) -> float:
    return -0.1 - sha256(token.encode()).digest()[0] / 64


def send(handler: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(data)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def _fail(handler: BaseHTTPRequestHandler, fault: str, server: FakeServer) -> None:
    if fault.isdigit():
        return send(handler, int(fault), {"error": {"message": f"trouble, and your key was {handler.headers.get('authorization')}"}})
    if fault == "garbage":
        return send(handler, 200, b"<html>not what you asked for</html>")
    if fault == "no choice":
        return send(handler, 200, {"choices": []})
    if fault == "half":
        data = json.dumps({"choices": [{"message": {"content": "Sure, here"}}]}).encode()
        handler.send_response(200)
        handler.send_header("content-length", str(len(data) * 2))
        handler.end_headers()
        handler.wfile.write(data)
        handler.wfile.flush()
    elif fault == "nothing":
        time.sleep(3)
    elif fault == "kill":
        threading.Thread(target=server.kill, daemon=True).start()
        time.sleep(0.2)
    handler.close_connection = True
    handler.connection.close()
    return None
