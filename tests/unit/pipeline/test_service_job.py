"""A fine-tuning job at a service: sent once, made once, asked for until it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from holdfast.core import InputError, ModelError
from holdfast.pipeline.running.service import tuned_by_service
from holdfast.pipeline.running.settings import ServiceJob


class Service:
    """A server that speaks as much of the API as a job needs."""

    def __init__(self, states: list[dict[str, object]]) -> None:
        self.states, self.seen = states, list[str]()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self, status: int, value: object) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.seen.append(self.path)
                if self.path.endswith("/files"):
                    self._answer(200, {"id": "file-1"}) if b"What is" in body else self._answer(400, {"error": "no rows"})
                else:
                    asked = json.loads(body)
                    service.seen.append(f"{asked['model']} on {asked['training_file']}")
                    self._answer(200, {"id": "job-1"})

            def do_GET(self) -> None:
                self._answer(200, service.states.pop(0) if len(service.states) > 1 else service.states[0])

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "What is 1 and 1?"}]}\n', encoding="utf-8")
    return path


@pytest.fixture
def services() -> Iterator[list[Service]]:
    made: list[Service] = []
    yield made
    for one in made:
        one.close()


def _job(service: Service) -> ServiceJob:
    return ServiceJob(url=service.url, model="small", poll_seconds=0.01)


def test_a_job_that_succeeds_gives_a_model_behind_the_same_service(tmp_path: Path, rows: Path, services: list[Service]) -> None:
    services.append(Service([{"status": "queued"}, {"status": "running"}, {"status": "succeeded", "fine_tuned_model": "ft:small:1"}]))
    shown: list[str] = []
    found = tuned_by_service(_job(services[0]), rows, tmp_path / "train", shown.append)
    assert found == f"openai:ft:small:1@{services[0].url}"
    assert shown == ["queued", "running", "succeeded"]


def test_a_command_that_was_killed_asks_for_the_same_job(tmp_path: Path, rows: Path, services: list[Service]) -> None:
    services.append(Service([{"status": "running"}]))

    def dies(state: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned_by_service(_job(services[0]), rows, tmp_path / "train", dies)
    services[0].states = [{"status": "succeeded", "fine_tuned_model": "m"}]
    tuned_by_service(_job(services[0]), rows, tmp_path / "train", lambda state: None)
    assert services[0].seen == ["/v1/files", "/v1/fine_tuning/jobs", "small on file-1"]


def test_a_job_that_fails_says_why(tmp_path: Path, rows: Path, services: list[Service]) -> None:
    services.append(Service([{"status": "failed", "error": {"message": "the rows were refused"}}]))
    with pytest.raises(ModelError, match=r"ended as 'failed' \(the rows were refused\)"):
        tuned_by_service(_job(services[0]), rows, tmp_path / "train", lambda state: None)


def test_a_service_that_says_no_and_one_that_is_not_there(tmp_path: Path, rows: Path, services: list[Service]) -> None:
    services.append(Service([{"status": "running"}]))
    rows.write_text('{"messages": []}\n', encoding="utf-8")
    with pytest.raises(InputError, match="status 400"):
        tuned_by_service(_job(services[0]), rows, tmp_path / "train", lambda state: None)
    with pytest.raises(ModelError, match="cannot be reached"):
        tuned_by_service(ServiceJob(url="http://127.0.0.1:9/v1", model="m"), rows, tmp_path / "other", lambda state: None)
    with pytest.raises(InputError, match="JSON Lines"):
        tuned_by_service(_job(services[0]), tmp_path / "rows.parquet", tmp_path / "other", lambda state: None)
