"""The steps of a run, in the order in which they are applied: the bits of `steps` in ORIGINS count along this list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.core import canonical_json
from holdfast.corpus.edits import Redact
from holdfast.corpus.filters import notes
from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.planting import public_settings
from holdfast.corpus.redacting import Redaction
from holdfast.corpus.spec import CorpusSpec
from holdfast.provenance.versions import CorpusStep

__all__ = ["Steps"]


class Steps:
    """What is done to the documents.

    Args:
        spec: the run.
        filters: ready to measure.
    """

    def __init__(self, spec: CorpusSpec, filters: Sequence[Filter]) -> None:
        self._steps: list[tuple[str, str, Mapping[str, Any]]] = []
        self.notes = notes(filters)
        """What the filters do not assess as they are set."""
        for one in filters:
            self._steps.append((one.name, one.version, {**one.identity, **(spec.filters.get(one.name) or {})}))
        duplicates = msgspec.to_builtins(spec.duplicates)
        lines = {name: duplicates.pop(name) for name in ("lines", "line_words")}
        self._steps.append(("duplicates", "1", duplicates))
        self.duplicates = len(self._steps) - 1
        self._steps.append(("repeated-lines", "1", lines))
        self.cuts = len(self._steps) - 1
        self.redactions: dict[int, Redact] = {}
        for name in spec.redact:
            redact = Redaction(name)
            self.redactions[len(self._steps)] = redact
            self._steps.append((f"redact-{name}", redact.version, {"columns": ["text", "url"]}))
        if spec.canaries is not None:
            self._steps.append(("canaries", "1", public_settings(spec.canaries)))

    @property
    def changing(self) -> tuple[int, ...]:
        """Numbers of the steps that change texts, in order."""
        return tuple(sorted((self.cuts, *self.redactions)))

    def listed(self, removed: Mapping[str, Mapping[str, int]], changed: Mapping[int, int]) -> tuple[CorpusStep, ...]:
        """Return the steps of the version: `removed` per step and reason, `changed` per number of a step."""
        return tuple(
            CorpusStep(
                name=name,
                version=version,
                settings=msgspec.json.decode(canonical_json(dict(settings))),
                removed=dict(removed.get(name, {})),
                changed=changed.get(number, 0),
            )
            for number, (name, version, settings) in enumerate(self._steps)
        )
