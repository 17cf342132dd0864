"""Canaries over the checkpoints of a training run: measure each checkpoint once, keep the losses, say whether the alarm is raised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.canaries import Canary, CanaryExposure, CanaryManifest, exposure_of, read_manifest, secret_losses
from holdfast.core import InputError, ModelError, RunFolderError, Value, pretty_json, short
from holdfast.corpus.monitor_checkpoints import Checkpoint, find_checkpoints, incomplete, signature
from holdfast.corpus.monitor_facts import CanaryMonitoring, ExposureRow, LookRow, LossesRow, MonitorSpec
from holdfast.corpus.monitor_null import CanaryScores, ranked_bits
from holdfast.corpus.monitor_telling import tell
from holdfast.plugins import Engine, ModelOptions, open_models
from holdfast.runs import RunFolder

__all__ = ["CanaryMonitor", "pool_of"]

Progress = Callable[[str, int, int], None]
_DECIMALS = 5


def pool_of(manifest: CanaryManifest, name: str) -> list[str]:
    """Return every secret of a format that the manifest knows: planted ones, controls, references."""
    drawn = [canary.secret for canary in (*manifest.canaries, *manifest.controls) if canary.format == name]
    return [*drawn, *manifest.references(name)]


class CanaryMonitor:
    """Looks at checkpoints as they come; everything that it measured is in the run folder, so another one goes on from there.

    Args:
        spec: what is asked. Raises InputError for a manifest that cannot be read or that holds no canaries in plain text or chat.
        run: the open run folder.
        command: how to reproduce it.
        version: of Holdfast.
        progress: called with (what, done, total).
        opener: opens a model by its reference.
    """

    def __init__(
        self,
        spec: MonitorSpec,
        run: RunFolder,
        *,
        command: str,
        version: str,
        progress: Progress,
        opener: Callable[[Sequence[str], ModelOptions], list[Engine]] = open_models,
    ) -> None:
        self.spec, self._run, self._command, self._version, self._progress = spec, run, command, version, progress
        self._open = opener
        self.manifest = read_manifest(spec.canaries)
        if not self.manifest.canaries:
            raise InputError(f"{spec.canaries}: holds no planted canaries, so there is nothing to monitor.")
        self._pools = {use.name: pool_of(self.manifest, use.name) for use in self.manifest.formats}
        self._losses, self._exposures, self._looks = (run.evidence(name) for name in ("losses", "exposure", "looks"))
        self._passed: dict[int, str] = {}

    @property
    def steps(self) -> set[int]:
        """Steps that have been looked at."""
        return {row.step for row in self._looks.read(LookRow)}

    def waiting(self) -> list[Checkpoint]:
        """Return the checkpoints that are there to the end and not looked at yet.

        What is not there to the end is named in the notes. Raises RunFolderError for a checkpoint that changed since it was looked at.
        """
        known = {row.step: row for row in self._looks.read(LookRow)}
        self._passed.clear()
        found = []
        for checkpoint in find_checkpoints(self.spec.checkpoints, base=self.spec.base, every=self.spec.every):
            if checkpoint.step in known:
                self._check_same(checkpoint, known[checkpoint.step])
            elif (missing := incomplete(checkpoint)) is not None:
                self._passed[checkpoint.step] = missing
            else:
                found.append(checkpoint)
        return found

    def look(self, checkpoint: Checkpoint) -> None:
        """Measure a checkpoint. Raises ModelError for one that cannot be opened or gives no probabilities."""
        before = signature(checkpoint)
        (engine,) = self._open([checkpoint.reference], self.spec.models)
        try:
            if not engine.capabilities.scores:
                raise ModelError(f"{checkpoint.reference} gives no probabilities, which exposure needs. Give a model that runs here.")
            fingerprint = engine.fingerprint.digest
            self._measure(engine, checkpoint.step, fingerprint)
        finally:
            engine.close()
        row = LookRow(step=checkpoint.step, reference=checkpoint.reference, fingerprint=fingerprint, signature=before)
        self._looks.append(str(checkpoint.step), [row])

    def conclude(self) -> CanaryMonitoring:
        """Return what all looks so far say, and write it into the run folder."""
        rows = self._looks.read(LookRow)
        exposures = self._exposures.read(ExposureRow)
        result = tell(
            self.spec,
            self.manifest,
            rows,
            scores=self._scores(rows),
            exposures=[[one.exposure for one in exposures if (one.step, one.fingerprint) == (row.step, row.fingerprint)] for row in rows],
            notes=[f"Step {step} was not looked at: {missing}." for step, missing in sorted(self._passed.items())],
            command=self._command,
            version=self._version,
        )
        self._run.write_measurements(result.measurements)
        self._run.write("monitor.json", pretty_json(result))
        return result

    def _check_same(self, checkpoint: Checkpoint, known: LookRow) -> None:
        if checkpoint.folder is None or incomplete(checkpoint) is not None or signature(checkpoint) == known.signature:
            return
        # Copied files have other times: the weights themselves decide.
        (engine,) = self._open([checkpoint.reference], self.spec.models)
        try:
            same = engine.fingerprint.digest == known.fingerprint
        finally:
            engine.close()
        if not same:
            raise RunFolderError(
                f"{checkpoint.reference}: holds other weights than when step {checkpoint.step} was looked at. Use another --run folder."
            )

    def _measure(self, engine: Engine, step: int, fingerprint: str) -> None:
        batch = f"{step}-{short(fingerprint)}"
        if batch in self._losses.batches and batch in self._exposures.batches:
            return
        losses: list[Value] = []
        exposures: list[Value] = []
        everything = (*self.manifest.canaries, *self.manifest.controls)
        for done, canary in enumerate(everything, 1):
            pool = self._pools[canary.format]
            bits, tokens = secret_losses(engine, canary, pool)
            exposures.append(ExposureRow(step=step, fingerprint=fingerprint, exposure=self._exposure(canary, pool, bits, tokens)))
            if canary.repetitions:
                rounded = tuple(round(value, _DECIMALS) for value in bits)
                losses.append(LossesRow(step=step, fingerprint=fingerprint, canary=canary.id, losses=rounded, tokens=tuple(tokens)))
            self._progress(f"step {step}", done, len(everything))
        for log, found in ((self._losses, losses), (self._exposures, exposures)):
            if batch not in log.batches:
                log.append(batch, found)

    def _exposure(self, canary: Canary, pool: Sequence[str], bits: Sequence[float], tokens: Sequence[int]) -> CanaryExposure:
        drawn = {one.secret for one in (*self.manifest.canaries, *self.manifest.controls) if one.format == canary.format}
        own = pool.index(canary.secret)
        kept = [own, *(place for place, text in enumerate(pool) if text not in drawn)]
        chosen = [bits[place] for place in kept], [tokens[place] for place in kept]
        return exposure_of(canary, *chosen, side="tuned", repetitions=canary.repetitions)

    def _scores(self, rows: Sequence[LookRow]) -> list[list[CanaryScores]]:
        """Return the ranks of every secret of the pools, look by look."""
        canaries = {canary.id: canary for canary in self.manifest.canaries}
        found: dict[tuple[int, str], list[CanaryScores]] = {(row.step, row.fingerprint): [] for row in rows}
        for row in self._losses.read(LossesRow):
            # A look that was stopped in the middle leaves losses of weights that may have changed since.
            if (row.step, row.fingerprint) in found:
                canary = canaries[row.canary]
                own = self._pools[canary.format].index(canary.secret)
                bits = ranked_bits(row.losses, row.tokens)
                found[row.step, row.fingerprint].append(CanaryScores(group=canary.repetitions, pool=canary.format, own=own, bits=bits))
        return [found[row.step, row.fingerprint] for row in rows]
