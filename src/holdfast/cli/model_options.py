"""The options of every command that runs models itself: one spelling, one help text, one panel."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

__all__ = ["MODELS_PANEL", "BatchRows", "BatchTokens", "Device", "Dtype", "Threads", "TrustRemoteCode"]

MODELS_PANEL = "How models are run"
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)

Device = Annotated[str, _how(help="auto, cpu, cuda, cuda:1, ...")]
Dtype = Annotated[str, _how(help="auto, float32, bfloat16 or float16.")]
BatchRows = Annotated[int, _how(min=1, help="At most so many prompts in a batch.")]
BatchTokens = Annotated[int, _how(min=1, help="Token budget of a batch.")]
Threads = Annotated[int | None, _how(min=1, help="CPU threads.")]
TrustRemoteCode = Annotated[bool, _how("--trust-remote-code", help="Run code that a model brings along.")]
