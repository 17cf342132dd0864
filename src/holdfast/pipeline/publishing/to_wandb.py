"""A run in Weights & Biases: params as config, numbers and tags in the summary, files as one artifact."""

from __future__ import annotations

import os
import re
from typing import Any

from holdfast.core import InputError, MissingExtraError
from holdfast.pipeline.publishing.digest import PublishedRun
from holdfast.pipeline.publishing.refusing import said_by

__all__ = ["log_to_wandb"]

_ID_LENGTH = 32


def log_to_wandb(run: PublishedRun, place: str, *, offline: bool) -> dict[str, Any]:
    """Write a run to 'ENTITY/PROJECT' and return the fields of a `Published`.

    Offline it lies in ./wandb, and `wandb sync` sends it. The run's id is its digest, so that a second one goes on with the first.
    Raises InputError where W&B refuses.
    """
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    try:
        import wandb
        from wandb.errors import Error
    except ImportError as error:
        raise MissingExtraError("wandb: needs the W&B client, which is not installed. Run: pip install 'holdfast[wandb]'") from error
    entity, _, project = place.rpartition("/")
    quiet = wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True, save_code=False, x_disable_stats=True)
    try:
        with wandb.init(
            entity=entity or None,
            project=project,
            id=run.id[:_ID_LENGTH],
            name=run.name,
            # Config that a run went on with keeps what is not given again.
            config={"holdfast.blocking": "", "holdfast.warnings": "", **run.params, **run.tags},
            tags=[f"verdict:{run.tags['holdfast.verdict']}", f"policy:{run.tags['holdfast.policy']}"[:64]],
            mode="offline" if offline else "online",
            resume=None if offline else "allow",
            settings=quiet,
        ) as entry:
            again = bool(entry.resumed)
            entry.summary.update({**run.metrics, "holdfast.verdict": run.tags["holdfast.verdict"]})
            papers = wandb.Artifact(
                name=f"holdfast-{re.sub(r'[^A-Za-z0-9_.-]', '-', run.name)}", type="holdfast-verdict", metadata=run.tags
            )
            for name, path in run.files:
                papers.add_file(str(path), name=name)
            entry.log_artifact(papers)
            found = str(entry.id)
    except Error as error:
        raise InputError(
            f"wandb:{place}: W&B did not take the run ({said_by(error)}). Log in with `wandb login`, or write it with --offline."
        ) from error
    return {"run": found, "new": not again, "metrics": len(run.metrics), "files": len(run.files), "model": None}
