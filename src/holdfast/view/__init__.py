"""The local web page over run folders and the history. It reads; it changes nothing."""

from holdfast.view.serving import PORT, serve
from holdfast.view.sources import RunRow, Runs

__all__ = ["PORT", "RunRow", "Runs", "serve"]
