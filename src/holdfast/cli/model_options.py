"""The options of every command that runs models itself: one spelling, one help text, one panel."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

__all__ = [
    "MODELS_PANEL",
    "SERVED_PANEL",
    "BatchRows",
    "BatchTokens",
    "Concurrency",
    "Device",
    "Dtype",
    "MaxNewTokens",
    "Retries",
    "Threads",
    "Timeout",
    "TrustRemoteCode",
]

MODELS_PANEL = "How models are run"
SERVED_PANEL = "Served models"
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_served = partial(typer.Option, rich_help_panel=SERVED_PANEL)

Device = Annotated[str, _how(help="auto, cpu, cuda, cuda:1, ...")]
Dtype = Annotated[str, _how(help="auto, float32, bfloat16 or float16.")]
BatchRows = Annotated[int, _how(min=1, help="At most so many prompts in a batch.")]
BatchTokens = Annotated[int, _how(min=1, help="Token budget of a batch.")]
MaxNewTokens = Annotated[int, _how(min=1, help="Token budget of an answer.")]
Threads = Annotated[int | None, _how(min=1, help="CPU threads.")]
TrustRemoteCode = Annotated[bool, _how("--trust-remote-code", help="Run code that a model brings along.")]

Concurrency = Annotated[int, _served(min=1, help="Requests in flight at once.")]
Timeout = Annotated[float, _served(help="Seconds until a request counts as failed.")]
Retries = Annotated[int, _served(min=0, help="Further attempts after a failure that may pass, with growing pauses.")]
