"""A small server of chat completions around one engine, with the standard library alone.

It answers one request at a time. It is there to try a repair with the clients that are used already, and for modest loads; servers
built for throughput mix no models.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from holdfast.core import FinishReason, HoldfastError, InputError
from holdfast.mitigate.decoding.wire import chunk_body, completion_body, read_request
from holdfast.plugins import Engine

__all__ = ["ChatServer", "read_address"]

_LARGEST_BODY = 4 << 20
_LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}


def read_address(text: str) -> tuple[str, int]:
    """Return (host, port) of `HOST:PORT`; raises InputError for another form.

    >>> read_address("127.0.0.1:8000")
    ('127.0.0.1', 8000)
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"--serve {text!r} is not of the form HOST:PORT, such as 127.0.0.1:8000")
    return host.strip("[]"), int(port)


class ChatServer(ThreadingHTTPServer):
    """Serves /v1/chat/completions and /v1/models; `serve_forever` runs it, `shutdown` ends it."""

    daemon_threads = True

    def __init__(
        self, engine: Engine, address: tuple[str, int], *, model: str, most_tokens: int = 1024, clock: Callable[[], float] = time.time
    ) -> None:
        """Bind to `address`; port 0 takes a free one. Raises InputError where that cannot be."""
        self.engine, self.model, self.most_tokens, self.clock = engine, model, most_tokens, clock
        self.lock = threading.Lock()
        self.numbers = itertools.count()
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise InputError(f"--serve {address[0]}:{address[1]} cannot be used ({error.strerror}); give another port") from error

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.server_address[0] in _LOOPBACK

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/v1"

    def complete(self, body: Any) -> dict[str, Any]:
        """Return the answer to a request's body; raises InputError where it is not understood."""
        number = next(self.numbers)
        request = read_request(body, most_tokens=self.most_tokens, fresh_seed=lambda: number)
        asked = request.generations()
        with self.lock:
            answers = self.engine.generate(asked, request.sampling)
            count = getattr(self.engine, "token_ids", None)
            read = len(count(asked[:1])[0]) if count else None
        failed = next((answer.error for answer in answers if answer.finish is FinishReason.ERROR), None)
        if failed:
            raise InputError(failed)
        identity = f"chatcmpl-{number}"
        return completion_body(request, answers, model=self.model, created=int(self.clock()), identity=identity, prompt_tokens=read)


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self._foreign():
            return
        if self.path.rstrip("/") == "/v1/models":
            entry = {"id": self.server.model, "object": "model", "created": 0, "owned_by": "holdfast"}
            self._send(200, {"object": "list", "data": [entry]})
        else:
            self._fail(404, f"there is no {self.path[:80]}; this server has /v1/models and /v1/chat/completions")

    def do_POST(self) -> None:
        if self._foreign():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            return self._fail(413, f"a body needs a Content-Length of at most {_LARGEST_BODY} bytes")
        raw = self.rfile.read(int(length))
        if self.path.rstrip("/") != "/v1/chat/completions":
            return self._fail(404, f"there is no {self.path[:80]}; this server has /v1/models and /v1/chat/completions")
        # A page in a browser can send plain text to any address without being asked; JSON it cannot.
        if self.headers.get_content_type() != "application/json":
            return self._fail(415, "the content type must be application/json")
        try:
            body = json.loads(raw)
            whole = self.server.complete(body)
        except (ValueError, RecursionError):
            return self._fail(400, "the body is not readable JSON")
        except HoldfastError as error:
            return self._fail(400, str(error))
        if body.get("stream") is True:
            return self._stream(whole)
        return self._send(200, whole)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: requests are other people's text."""

    def _foreign(self) -> bool:
        """Refuse a request to loopback under another name: a page whose name was pointed here (DNS rebinding)."""
        host = self.headers.get("Host", "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        if self.server.local and name not in _LOOPBACK:
            self.close_connection = True
            self._fail(403, "this server answers under a loopback name only")
            return True
        return False

    def _stream(self, whole: dict[str, Any]) -> None:
        data = f"data: {json.dumps(chunk_body(whole))}\n\ndata: [DONE]\n\n".encode()
        self._write(200, "text/event-stream", data)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._write(status, "application/json", json.dumps(body, ensure_ascii=False).encode())

    def _fail(self, status: int, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def _write(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
