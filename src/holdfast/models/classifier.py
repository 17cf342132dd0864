"""The model kind `classifier:`: text-classification models that give each text a probability per label, and write nothing.

`classifier:./folder` or `classifier:org/name@REV`; safetensors only, and no torch before the folder holds what it must.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from holdfast.models.references import find_folder
from holdfast.models.weights import inspect_model
from holdfast.plugins import Engine, ModelOptions

__all__ = ["ClassifierKind"]

_PREFIX = "classifier:"

for _package in ("torch", "transformers", "safetensors"):
    if find_spec(_package) is None:  # the registry turns this into the name of the extra, without importing torch to learn it
        raise ModuleNotFoundError(f"No module named {_package!r}", name=_package)


class ClassifierKind:
    """Opens `classifier:FOLDER`, a text-classification model for judge `toxicity`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged: this is the most basic kind."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Open classifiers, in order. Raises ModelError where a folder holds none that can be loaded safely."""
        folders = [inspect_model(_folder(reference, options)) for reference in references]
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from holdfast.models.classifying import ClassifierEngine

        return [ClassifierEngine(folder, reference, options) for folder, reference in zip(folders, references, strict=True)]


def _folder(reference: str, options: ModelOptions) -> Path:
    return find_folder(reference.removeprefix(_PREFIX), trust_remote_code=options.trust_remote_code)
