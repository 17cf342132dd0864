"""A run in MLflow: params, metrics, tags and files of one run, and the verdict as tags of a registered model version."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from time import time
from typing import Any, TypeVar

from holdfast.core import InputError, MissingExtraError
from holdfast.pipeline.publishing.digest import FINGERPRINT, PublishedRun
from holdfast.pipeline.publishing.refusing import said_by

__all__ = ["log_to_mlflow"]

_ID = "holdfast.run"
_MOST_AT_ONCE = 100
"""MLflow takes at most so many params or tags in one request (and more metrics)."""
_VERDICT = "holdfast.verdict"
_ON_A_VERSION = ("holdfast.policy", "holdfast.policy_digest", FINGERPRINT)
_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # Standard output belongs to the command, which may print JSON there.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
Item = TypeVar("Item")


def log_to_mlflow(run: PublishedRun, uri: str, *, experiment: str, model: str | None) -> dict[str, Any]:
    """Write a run and return the fields of a `Published`; raises InputError for a server that cannot be reached or refuses."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise MissingExtraError("mlflow: needs the MLflow client, which is not installed. Run: pip install 'holdfast[mlflow]'") from error
    name, version = _version(model)
    try:
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        if name:
            # First: a version that is not there should not leave half of the work behind.
            there = client.get_model_version(name, version).tags
        found, new = _run(client, run, experiment)
        _log(client, found, run)
        if name:
            _tag(client, (name, version), {_ID: found, **run.tags}, there)
    except MlflowException as error:
        raise InputError(f"{uri}: MLflow did not take the run ({said_by(error)}). Check the address, your rights and the names.") from error
    return {"run": found, "new": new, "metrics": len(run.metrics), "files": len(run.files), "model": model}


def _version(model: str | None) -> tuple[str, str]:
    if model is None:
        return "", ""
    name, slash, version = model.rpartition("/")
    if not (slash and name and version.isdigit()):
        raise InputError(f"--model {model!r} is not of the form NAME/VERSION, such as support-bot/3.")
    return name, version


def _run(client: Any, run: PublishedRun, experiment: str) -> tuple[str, bool]:
    """Return the id of this run's entry and whether it was made now."""
    known = client.get_experiment_by_name(experiment)
    place = known.experiment_id if known is not None else client.create_experiment(experiment)
    there = client.search_runs([place], filter_string=f"tags.`{_ID}` = '{run.id}'", max_results=1)
    if there:
        return str(there[0].info.run_id), False
    return str(client.create_run(place, run_name=run.name, tags={_ID: run.id}).info.run_id), True


def _log(client: Any, entry: str, run: PublishedRun) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time() * 1000)
    known = client.get_run(entry).data
    # A number that is logged again would be a second point of a curve.
    fresh = [(name, value) for name, value in run.metrics.items() if known.metrics.get(name) != value]
    params = [Param(name, value) for name, value in run.params.items() if name not in known.params]
    for metrics in _chunks([Metric(name, value, now, 0) for name, value in fresh]):
        client.log_batch(entry, metrics=metrics)
    for some in _chunks(params):
        client.log_batch(entry, params=some)
    for gone in [name for name in known.tags if name.startswith("holdfast.") and name != _ID and name not in run.tags]:
        client.delete_tag(entry, gone)
    for tags in _chunks([RunTag(name, value) for name, value in run.tags.items()]):
        client.log_batch(entry, tags=tags)
    for name, path in run.files:
        folder, _, _ = name.rpartition("/")
        client.log_artifact(entry, str(path), folder or None)
    client.set_terminated(entry)


def _tag(client: Any, model: tuple[str, str], tags: dict[str, str], there: dict[str, str]) -> None:
    """Put verdict and fingerprint on a model version.

    What an earlier run left is gone before, and the verdict comes last: a release that reads in between, or after a failure here, must
    find none, and never one run's verdict beside another's model.
    """
    for key in (_VERDICT, _ID, *_ON_A_VERSION):
        if key in there:
            client.delete_model_version_tag(*model, key)
    for key in (_ID, *_ON_A_VERSION, _VERDICT):
        if key in tags:
            client.set_model_version_tag(*model, key, tags[key])


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _MOST_AT_ONCE):
        yield items[start : start + _MOST_AT_ONCE]
