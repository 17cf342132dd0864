"""`holdfast.yaml`: one fine-tune from its rows to its verdict, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from holdfast.core import InputError, Value, check_seed
from holdfast.plan.reading import parsed, text_of

__all__ = [
    "BackdoorStep",
    "CompareStep",
    "GateStep",
    "MemorizationStep",
    "MitigateStep",
    "MixStep",
    "PipelineConfig",
    "ScanStep",
    "ServiceJob",
    "TrainStep",
    "read_pipeline",
]

OnFail = Literal["stop", "warn"]


class ScanStep(Value, frozen=True, kw_only=True):
    """Look at the rows before a GPU sees them."""

    policy: str = "data"
    on_fail: OnFail = "stop"
    """'warn' goes on where the rows did not pass, and says so on the page."""


class MixStep(Value, frozen=True, kw_only=True):
    """Spread safety rows through the data before training (`holdfast mitigate mix`)."""

    safety: str = "builtin"
    """'builtin', 'lab', or a file."""
    share: float = 0.03


class ServiceJob(Value, frozen=True, kw_only=True):
    """A fine-tuning job at a service that speaks the OpenAI API: the file is sent there, and the job is asked for until it ends."""

    url: str
    """Up to and with the version: https://host/v1. The key comes from HOLDFAST_API_KEY or OPENAI_API_KEY."""
    model: str
    hyperparameters: dict[str, Any] = {}
    suffix: str | None = None
    poll_seconds: float = 30.0
    hours: float = 24.0
    """After so long without an end the step gives up; the same command goes on waiting."""


class TrainStep(Value, frozen=True, kw_only=True):
    """Where the tuned model comes from: exactly one of `settings`, `command`, `service` and `model`."""

    settings: dict[str, Any] | None = None
    """Of `holdfast train`, without model, data and out."""
    command: str | None = None
    """Your own: it finds HOLDFAST_BASE, HOLDFAST_DATA and HOLDFAST_OUT in its environment, and leaves a model in the last."""
    service: ServiceJob | None = None
    model: str | None = None
    """A model that is tuned already."""
    adapter: bool = False
    """With `command`: it leaves a PEFT adapter on the base."""
    on_fail: OnFail = "warn"
    """What a watch that did not pass does to the steps after it; the comparison then says what came of it."""

    def __post_init__(self) -> None:
        """Refuse none or several; raises InputError."""
        given = [name for name in ("settings", "command", "service", "model") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(f"train: expected one of settings, command, service and model, got {' and '.join(given) or 'none'}.")


class CompareStep(Value, frozen=True, kw_only=True):
    """Ask base and tuned model the same."""

    policy: str = "compare"
    suites: tuple[str, ...] = ()
    judge: str | None = None
    ledger: str | None = None
    limit: int | None = None
    max_new_tokens: int = 256
    follow_up: bool = True
    tasks: tuple[str, ...] = ()
    """Files of questions with answers: what the fine-tune is for."""
    held_out: tuple[str, ...] = ()
    on_fail: OnFail = "stop"
    """'warn' looks for what the model remembers and hides even where the comparison failed."""


class MemorizationStep(Value, frozen=True, kw_only=True):
    """What the tuned model gives back of its rows."""

    rows: int = 200
    held_out: str | None = None
    canaries: str | None = None


class BackdoorStep(Value, frozen=True, kw_only=True):
    """Whether a string switches it."""

    triggers: str | None = None
    prompts: int = 40


class GateStep(Value, frozen=True, kw_only=True):
    """One policy over everything that was measured."""

    policy: str = "compare"
    strict: bool = False


class MitigateStep(Value, frozen=True, kw_only=True):
    """A way out where the gate did not pass (`holdfast mitigate auto`)."""

    budget: str = "30m"
    safety: str | None = None
    only: tuple[str, ...] = ()
    """Kinds of repair to try; all without it."""
    attempts: int = 3
    """A repair is chosen on fewer questions than the gate asks; where the gate does not pass it, so many are looked for in all."""


class PipelineConfig(Value, frozen=True, kw_only=True):
    """One fine-tune. Paths are relative to where the command runs, as in a shell."""

    base: str
    data: str
    train: TrainStep
    name: str = "fine-tune"
    """Of the run folder, runs/NAME, and of the page."""
    seed: int = 0
    languages: tuple[str, ...] = ("en",)
    scan: ScanStep | Literal[False] = ScanStep()
    mix: MixStep | Literal[False] = False
    compare: CompareStep = CompareStep()
    memorization: MemorizationStep | Literal[False] = MemorizationStep()
    backdoor: BackdoorStep | Literal[False] = BackdoorStep()
    gate: GateStep = GateStep()
    mitigate: MitigateStep | Literal[False] = False
    threads: int | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is no folder's, and a seed that cannot be; raises InputError."""
        check_seed(self.seed)
        if not self.name or self.name.startswith(".") or any(sign in self.name for sign in "/\\\0"):
            raise InputError(f"name: expected a name for a folder, got {self.name!r}.")


def read_pipeline(path: Path) -> PipelineConfig:
    """Read a pipeline file; raises InputError that names the place, what was expected and what came."""
    text = text_of(path)
    try:
        return parsed(text, PipelineConfig, where=str(path))
    except InputError as error:
        raise InputError(str(error).replace("docs/reference/planning.md", "docs/reference/pipeline.md")) from error
    except msgspec.MsgspecError as error:  # pragma: no cover - `parsed` turns those of values into InputError
        raise InputError(f"{path}: {error}.") from error
