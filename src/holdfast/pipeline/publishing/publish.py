"""One run to one tracker, named as 'mlflow:URI' or 'wandb:ENTITY/PROJECT'."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.core import InputError, Value, did_you_mean
from holdfast.pipeline.publishing.digest import FINGERPRINT, read_for_publishing

__all__ = ["Published", "publish"]


class Published(Value, frozen=True, kw_only=True):
    """What stands at the tracker now."""

    run: str
    """The tracker's own id of the run."""
    new: bool
    """False where the run was there already and was brought up to date."""
    metrics: int
    files: int
    model: str | None = None
    """'NAME/VERSION' of the registered model that carries the verdict and the fingerprint now."""
    kept_back: str = ""
    """Why the run's page was not sent; '' where it was."""


def publish(
    folder: Path, to: str, *, experiment: str = "holdfast", model: str | None = None, responses: bool = False, offline: bool = False
) -> Published:
    """Write a judged run to a tracker; publishing it again brings the same entry up to date.

    Args:
        folder: a run folder with a verdict.
        to: 'mlflow:URI' (a tracking server, or a database) or 'wandb:ENTITY/PROJECT' (or 'wandb:PROJECT').
        experiment: MLflow: where the run goes; made where there is none.
        model: MLflow: 'NAME/VERSION' of a registered model, which gets the verdict and the fingerprint as tags.
        responses: let stored answers, and the page with answers in it, go along.
        offline: W&B: write to ./wandb and send nothing.

    Raises:
        InputError: for another tracker, a tracker that refuses, and a `model` where the run is about no tuned model.
        MissingExtraError: where the tracker's package is not installed.
        RunFolderError: where the folder holds no judged run.
    """
    kind, _, place = to.partition(":")
    if kind not in ("mlflow", "wandb") or not place:
        raise InputError(f"--to {to!r} is neither mlflow:URI nor wandb:ENTITY/PROJECT. {did_you_mean(kind, ('mlflow', 'wandb'))}")
    if kind == "wandb" and model is not None:
        raise InputError("--model tags a version in MLflow's registry; W&B gets the verdict with the run. Leave --model out.")
    if kind == "mlflow" and offline:
        raise InputError("--offline belongs to wandb:. For MLflow without a server name a database: mlflow:sqlite:///mlflow.db.")
    with TemporaryDirectory() as scratch:
        run = read_for_publishing(folder, Path(scratch), responses=responses)
        if model is not None and FINGERPRINT not in run.tags:
            raise InputError(
                f"{folder}: its verdict ({run.params['stage']}) is about no tuned model with a fingerprint, so --model {model} would carry "
                "a verdict of nobody knows what. Publish a comparison of that model, or leave --model out."
            )
        if kind == "mlflow":
            from holdfast.pipeline.publishing.to_mlflow import log_to_mlflow

            return Published(**log_to_mlflow(run, place, experiment=experiment, model=model), kept_back=run.kept_back)
        from holdfast.pipeline.publishing.to_wandb import log_to_wandb

        return Published(**log_to_wandb(run, place, offline=offline), kept_back=run.kept_back)
