"""A fine-tuning job at a service: the file is sent, the job is made once, and it is asked for until it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, ModelError, Value, pretty_json
from holdfast.pipeline.running.settings import ServiceJob
from holdfast.runs import write_atomically

__all__ = ["tuned_by_service"]

_ENDED = ("succeeded", "failed", "cancelled")
_PATIENCE_SECONDS = 60.0


class _Job(Value, frozen=True, kw_only=True):
    """What is kept of a job, so that a command that was killed asks for the same one."""

    file: str
    job: str = ""


def tuned_by_service(asked: ServiceJob, data: Path, folder: Path, show: Callable[[str], None]) -> str:
    """Return the reference of the tuned model; raises ModelError where the job failed, and InputError where the service says no.

    `folder` holds what the next call goes on with: a file that was sent is not sent again, a job that was made is not made again.
    """
    try:
        import httpx2 as httpx
    except ModuleNotFoundError as error:
        raise InputError("a fine-tuning service needs the extra for HTTP: pip install 'holdfast[openai]'.") from error
    if data.suffix not in (".jsonl", ".json"):
        raise InputError(f"{data}: a fine-tuning service takes JSON Lines of messages. Give such a file.")
    folder.mkdir(parents=True, exist_ok=True)
    key = os.environ.get("HOLDFAST_API_KEY") or os.environ.get("OPENAI_API_KEY") or ""
    with httpx.Client(base_url=asked.url.rstrip("/") + "/", timeout=_PATIENCE_SECONDS, headers=_headers(key)) as client:

        def ask(method: str, path: str, **fields: Any) -> dict[str, Any]:
            try:
                answer = client.request(method, path, **fields)
            except httpx.HTTPError as error:
                raise ModelError(
                    f"{asked.url}: the service cannot be reached ({type(error).__name__}). The same command goes on."
                ) from error
            if answer.status_code >= 400:
                said = f"{asked.url}/{path}: expected the job, got status {answer.status_code}"
                raise InputError(f"{said} ({answer.text[:200]!r}).")
            found = answer.json()
            return found if isinstance(found, dict) else {}

        return _finished(asked, _made(asked, data, folder, ask), ask, show)


def _made(asked: ServiceJob, data: Path, folder: Path, ask: Callable[..., dict[str, Any]]) -> str:
    kept = folder / "service.json"
    known = msgspec.json.decode(kept.read_bytes(), type=_Job) if kept.is_file() else None
    if known is None:
        sent = ask("POST", "files", files={"file": (data.name, data.read_bytes())}, data={"purpose": "fine-tune"})
        known = _Job(file=str(sent.get("id", "")))
        write_atomically(kept, pretty_json(known))
    if not known.job:
        wanted: dict[str, Any] = {"model": asked.model, "training_file": known.file}
        if asked.hyperparameters:
            wanted["hyperparameters"] = asked.hyperparameters
        if asked.suffix:
            wanted["suffix"] = asked.suffix
        known = _Job(file=known.file, job=str(ask("POST", "fine_tuning/jobs", json=wanted).get("id", "")))
        write_atomically(kept, pretty_json(known))
    return known.job


def _finished(asked: ServiceJob, job: str, ask: Callable[..., dict[str, Any]], show: Callable[[str], None]) -> str:
    until = time.monotonic() + asked.hours * 3600
    while True:
        found = ask("GET", f"fine_tuning/jobs/{job}")
        state = str(found.get("status", ""))
        show(state)
        if state in _ENDED:
            break
        if time.monotonic() > until:
            raise ModelError(f"{asked.url}: job {job} is still {state!r} after {asked.hours:g} hours. The same command goes on waiting.")
        time.sleep(asked.poll_seconds)
    model = found.get("fine_tuned_model")
    if state != "succeeded" or not model:
        said = found.get("error") or {}
        why = said.get("message") if isinstance(said, dict) else said
        raise ModelError(f"{asked.url}: job {job} ended as {state!r} ({why or 'no reason given'}).")
    return f"openai:{model}@{asked.url.rstrip('/')}"


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
