"""Monitor canaries over a training run: look at what is there, wait for what comes, write the page after every look."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.canaries import manifest_digest, read_manifest
from holdfast.core import InputError, Value
from holdfast.corpus.monitor import CanaryMonitor
from holdfast.corpus.monitor_checkpoints import Checkpoint, signature
from holdfast.corpus.monitor_facts import CanaryMonitoring, MonitorSpec
from holdfast.report.corpus_monitor_html import write_monitor_html
from holdfast.runs import Manifest, RunFolder

__all__ = ["Following", "monitor_canaries"]


class Following(Value, frozen=True, kw_only=True):
    """How long to wait for checkpoints that are still to come."""

    pause: float = 30.0
    """Seconds between two looks into the folder. A checkpoint is taken once its files have stayed the same for that long."""
    patience: float = 6 * 3600.0
    """Seconds without a new checkpoint after which the training is taken to have ended."""

    def __post_init__(self) -> None:
        """Refuse times that cannot be; raises InputError."""
        if not (self.pause > 0 and self.patience > 0):
            raise InputError(f"following needs a pause and a patience above 0 seconds, got {self.pause} and {self.patience}.")


def monitor_canaries(
    spec: MonitorSpec,
    folder: Path,
    *,
    command: str = "",
    following: Following | None = None,
    progress: Any = None,
    on_look: Callable[[CanaryMonitoring], None] = lambda found: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> CanaryMonitoring:
    """Measure canaries at every checkpoint and return what they say; `monitor.json`, measurements and the page are in `folder`.

    A folder that holds looks already goes on from them. With `following`, new checkpoints are waited for until the alarm is raised or
    none came for too long; without it, every checkpoint that is there is measured. `on_look` gets the state after each look. Raises a
    HoldfastError for anything that the user can mend.
    """
    models = spec.models
    asked = {
        "canaries": manifest_digest(read_manifest(spec.canaries)),
        "base": spec.base,
        "batching": {"batch_tokens": models.batch_tokens, "batch_rows": models.batch_rows, "dtype": models.dtype},
    }
    watcher = progress or (lambda what, done, total: None)
    with RunFolder(folder, Manifest(stage="canary monitor", holdfast=__version__, command=command, seed=spec.seed, asked=asked)) as run:
        monitor = CanaryMonitor(spec, run, command=command, version=__version__, progress=watcher)
        page = folder / "report.html"
        ready = monitor.waiting()
        if following is None:
            for checkpoint in ready:
                monitor.look(checkpoint)
                found = monitor.conclude()
                write_monitor_html(found, page)
                on_look(found)
            result = monitor.conclude()
        else:
            result = _follow(monitor, following, page, on_look, clock, sleep)
        write_monitor_html(result, page)
        return result


def _follow(
    monitor: CanaryMonitor,
    following: Following,
    page: Path,
    on_look: Callable[[CanaryMonitoring], None],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> CanaryMonitoring:
    seen: dict[int, str] = {}
    result = monitor.conclude()
    last = clock()
    while result.outcome != "alarm" and clock() - last < following.patience:
        for checkpoint in _steady(monitor.waiting(), seen):
            monitor.look(checkpoint)
            result, last = monitor.conclude(), clock()
            write_monitor_html(result, page)
            on_look(result)
            if result.outcome == "alarm":
                return result
        sleep(following.pause)
    return monitor.conclude()


def _steady(waiting: list[Checkpoint], seen: dict[int, str]) -> list[Checkpoint]:
    """Return the checkpoints whose files are as they were the last time: nobody is writing them any more."""
    now = {checkpoint.step: signature(checkpoint) for checkpoint in waiting}
    steady = [checkpoint for checkpoint in waiting if seen.get(checkpoint.step) == now[checkpoint.step]]
    seen.clear()
    seen.update(now)
    return steady
