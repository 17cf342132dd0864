"""A fake server per test, ended with it, and no key of the machine's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.unit.models.served.fake_server import OPENED, FakeServer


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FakeServer]]:
    for name in ("OPENAI_API_KEY", "HOLDFAST_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    started: list[FakeServer] = []

    def start(**settings: Any) -> FakeServer:
        started.append(FakeServer(**settings))
        return started[-1]

    yield start
    while OPENED:
        OPENED.pop().close()
    for server in started:
        server.kill()
