"""Seeing safety go while a model is trained, and stopping in time.

```python
from holdfast.watch import SafetyCallback

trainer.add_callback(SafetyCallback(on_fail="rollback"))
```

`TrainingMonitor` does the same in a loop of your own, and `watch_log` reads what a training left behind. Nothing here loads
torch before a model is watched.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.watch.callback import SafetyCallback
    from holdfast.watch.canary_callback import CanaryCallback
    from holdfast.watch.logs import watch_log
    from holdfast.watch.monitor import TrainingMonitor, WatchSettings
    from holdfast.watch.spikes import LossMonitor

_PLACES = {
    "CanaryCallback": "canary_callback",
    "LossMonitor": "spikes",
    "SafetyCallback": "callback",
    "TrainingMonitor": "monitor",
    "WatchSettings": "monitor",
    "watch_log": "logs",
}

__all__ = ["CanaryCallback", "LossMonitor", "SafetyCallback", "TrainingMonitor", "WatchSettings", "watch_log"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the callback needs transformers, and reading a log needs none of it.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"holdfast.watch.{_PLACES[name]}"), name)
