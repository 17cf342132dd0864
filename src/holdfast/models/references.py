"""From a model reference to folders on this machine: splitting BASE+ADAPTER, finding folders, fetching from the hub."""

from __future__ import annotations

import os
import re
from pathlib import Path

from holdfast.core import ModelError
from holdfast.plugins import place_exists

__all__ = ["fetch", "find_folder", "split_reference"]

_HUB_ID = re.compile(r"(?P<repo>[\w][\w.-]*/[\w][\w.-]*)(?:@(?P<revision>[\w./-]+))?")
_WANTED = ["*.json", "*.jinja", "*.model", "*.safetensors", "*.txt"]
_UNWANTED = ["*/*", "consolidated*"]
"""Folders hold copies in other formats (original/, onnx/), and consolidated files repeat the weights."""
_TRUE = {"1", "on", "yes", "true"}


def split_reference(reference: str) -> tuple[str, str | None]:
    """Return (base, adapter) of `BASE+ADAPTER`, or (reference, None).

    A folder whose own name has a plus sign is taken whole, and of several plus signs the one that leaves
    two existing folders is taken.

    >>> split_reference("org/base+./adapter"), split_reference("hub:org/base@main")
    (('org/base', './adapter'), ('hub:org/base@main', None))
    """
    if "+" not in reference or place_exists(reference):
        return reference, None
    cuts = [index for index, letter in enumerate(reference) if letter == "+"]
    splits = [(reference[:cut], reference[cut + 1 :]) for cut in reversed(cuts)]
    whole = [split for split in splits if all(place_exists(part) and _path(part).is_dir() for part in split)]
    base, adapter = (whole or splits)[0]
    if not base or not adapter:
        raise ModelError(f"{reference!r} must name two models around '+', as in BASE+ADAPTER")
    return base, adapter


def find_folder(source: str, *, trust_remote_code: bool = False) -> Path:
    """Return the folder of one model: a local folder, or a hub id fetched into the cache. Raises ModelError.

    `hub:org/name@REV` always means the hub; `org/name` does where no such folder exists. A local folder
    never touches the network.
    """
    if source.startswith("hub:"):
        return fetch(source.removeprefix("hub:"), trust_remote_code=trust_remote_code)
    if not source.strip():
        raise ModelError("the model's name is empty, expected a model folder or a hub id such as org/name")
    path = _path(source)
    if os.path.isdir(path):  # pathlib raises for a name that is too long
        return path.resolve()
    if os.path.exists(path):
        raise ModelError(f"{source!r} is a file, expected a model folder; recorded answers are opened as replay:{source}")
    if _HUB_ID.fullmatch(source) and not source.startswith("."):
        return fetch(source, trust_remote_code=trust_remote_code)
    raise ModelError(f"{source!r} does not exist, expected a model folder or a hub id such as org/name")


def _path(name: str) -> Path:
    """Return a path, from the home folder where it says so; the home of nobody known is left as it is written."""
    return Path(os.path.expanduser(name))


def fetch(name: str, *, trust_remote_code: bool = False) -> Path:
    """Return the local snapshot of `org/name@REV`, downloaded unless HF_HUB_OFFLINE is set. Raises ModelError.

    Only configuration, tokenizer and safetensors files are fetched, and Python files only where remote code
    is trusted.
    """
    match = _HUB_ID.fullmatch(name)
    if match is None:
        raise ModelError(f"'hub:{name}' is not a hub id, expected hub:org/name or hub:org/name@REVISION")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    offline = any(os.environ.get(name, "").lower() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    repo, revision = match["repo"], match["revision"]
    wanted = [*_WANTED, "*.py"] if trust_remote_code else _WANTED
    try:
        folder = huggingface_hub.snapshot_download(
            repo, revision=revision, allow_patterns=wanted, ignore_patterns=_UNWANTED, local_files_only=offline
        )
    except GatedRepoError as error:
        raise ModelError(f"{repo!r} on the hub needs access rights; accept its terms there and log in with `hf auth login`") from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"{repo!r} is neither a folder here nor a model on the hub (or it is private: log in first)") from error
    except RevisionNotFoundError as error:
        raise ModelError(f"{repo!r} has no revision {revision!r} on the hub") from error
    except Exception as error:  # the hub client raises errors of whichever HTTP library it was built on
        why = "HF_HUB_OFFLINE is set and it is not in the local cache" if offline else f"the hub could not be reached ({_brief(error)})"
        raise ModelError(f"{repo!r} is not a folder here, and {why}; download it first, or give a path") from error
    return Path(folder)


def _brief(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:80]}" if text else type(error).__name__
