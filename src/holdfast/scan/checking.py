"""Refuse a judge or a model that cannot be there before any row is read: a detector meets it late, or never where no row needs it."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError
from holdfast.plugins import ScanOptions, load, names

__all__ = ["check_judges"]

_PATHS = ("./", "../", "/", "~")


def check_judges(options: ScanOptions) -> None:
    """Refuse `judge` and `toxicity` where the judge is not known or its folder is not there; opens no model.

    Raises PluginError for a name that is not known, InputError for a folder that does not exist.
    """
    for option, given in (("--judge", options.judge), ("--toxicity", options.toxicity)):
        if given is None:
            continue
        name, separator, model = given.partition("=")
        if option == "--toxicity" and not separator and name not in names("judge"):
            model = given  # a model alone is for the judge `toxicity`
        elif name not in names("judge"):
            load("judge", name.partition("/")[0])  # raises, naming near matches
        folder = model.removeprefix("classifier:")
        # A reference may go on with an adapter after a plus sign.
        if folder.startswith(_PATHS) and not any(Path(one).expanduser().exists() for one in (folder, folder.partition("+")[0])):
            raise InputError(f"{option} {given!r}: {folder} does not exist. Give a model folder or a hub id such as org/name.")
