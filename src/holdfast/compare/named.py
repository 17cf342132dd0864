"""Models that are named beside base and tuned: answers that a run folder keeps never count for other weights of the same name.

They are opened late and one by one, so the manifest, which is compared before anything is asked, holds the digest of their
files; and what they turn out to be is kept when they are opened, which also tells models that lie on no disk here.
"""

from __future__ import annotations

from typing import Any

from holdfast.compare.facts import ModelFacts
from holdfast.core import RunFolderError
from holdfast.plugins import Engine, model_contents, resolve_reference
from holdfast.runs import RunFolder

__all__ = ["hold_to", "named_model"]

_LOG = "models"


def named_model(reference: str) -> dict[str, Any]:
    """Return what the manifest says of a model that is not open: its reference, and a SHA-256 of its files, None where it has none here."""
    return {"reference": reference, "files": model_contents(resolve_reference(reference))}


def hold_to(engine: Engine, side: str, reference: str, run: RunFolder) -> None:
    """Keep who answers for a side; raises RunFolderError where the run folder keeps answers of another model for it."""
    log = run.evidence(f"{_LOG}-{side}")
    for known in log.read(ModelFacts):
        if known.fingerprint != engine.fingerprint:
            raise RunFolderError(
                f"{run.path} holds another run: {reference} was another model when it answered there. Choose another folder with --run, "
                "or put that model back."
            )
    if not log.batches:
        log.append(side, [ModelFacts(reference=reference, fingerprint=engine.fingerprint)])
