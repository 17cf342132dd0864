"""The model kind `release:`: what was last shipped under a product's name, as the history has it."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import InputError, ModelError
from holdfast.plugins import Engine, ModelOptions, open_models

__all__ = ["ReleaseKind"]

_PREFIX = "release:"


class ReleaseKind:
    """`release:NAME`: the newest model that `holdfast history release` recorded under NAME, by its fingerprint."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged: what it opens is checked, so it stays a release until then."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Open each release where it was recorded; raises ModelError where another model lies there now, or none was released."""
        return [_open(reference.removeprefix(_PREFIX), options) for reference in references]


def _open(name: str, options: ModelOptions) -> Engine:
    from holdfast.history import VARIABLE, History, history_url

    url = history_url()
    if url is None:
        raise ModelError(f"release:{name} is looked up in the history, which is off; set ${VARIABLE}.")
    try:
        with History(url) as history:
            releases = history.releases()
    except InputError as error:
        raise ModelError(f"release:{name}: {error}") from error
    newest = next((release for release in releases if release.name == name), None)
    if newest is None:
        known = ", ".join(sorted({release.name for release in releases})) or "none"
        raise ModelError(f"release:{name} is not known. Known: {known}. `holdfast history release RUN --name NAME` records one.")
    (engine,) = open_models([newest.reference], options)
    if engine.fingerprint.digest != newest.model:
        engine.close()
        raise ModelError(
            f"release:{name} was {newest.model[:12]} at {newest.reference}, and another model lies there now. "
            "Put the released weights back, or name the model by its folder."
        )
    return engine
