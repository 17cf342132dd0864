"""Which trained models hold rows of a source: what the history, the cards of trainings and people's own records say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from holdfast.core import HoldfastError, InputError
from holdfast.history import CorpusEntry, CorpusUse, History, RunModel, ancestors, descendants, record_use, uses
from holdfast.plugins import ModelOptions, open_models
from holdfast.provenance import CorpusVersion, Holding, ModelHolding, read_version, version_id
from holdfast.provenance.holdings import trace_wanted
from holdfast.provenance.places import find_shard
from holdfast.provenance.traced import How
from holdfast.training.saving import CARD_FILE, TrainCard, read_card

__all__ = ["corpus_entry", "models_holding", "record_training"]


class _Found:
    """Models by id, or by name where they have none, the first word about each."""

    def __init__(self, history: History | None) -> None:
        self.models: dict[str, ModelHolding] = {}
        self._released: dict[str, set[str]] = {}
        for release in history.releases() if history is not None else ():
            self._released.setdefault(release.model, set()).add(release.name)

    def add(
        self, *, reference: str, identity: str | None, how: How, said: str, shards: Sequence[str], rows: int | None, parent: str | None
    ) -> bool:
        key = identity or reference
        if key in self.models:
            return False
        self.models[key] = ModelHolding(
            reference=reference,
            id=identity,
            how=how,
            said=said,
            shards=tuple(shards),
            rows=rows,
            parent=parent,
            released=tuple(sorted(self._released.get(identity or "", ()))),
        )
        return True


def corpus_entry(folder: Path, version: CorpusVersion) -> CorpusEntry:
    """Return a version as the history knows it."""
    return CorpusEntry(id=version_id(version), name=version.name, parent=version.parent, folder=str(folder.absolute()))


def models_holding(folder: Path, holding: Holding, history: History | None, *, models: Sequence[Path] = ()) -> tuple[ModelHolding, ...]:
    """Return every known model that was trained on rows of what was traced, then those made from them, parents first.

    Args:
        folder: the corpus.
        holding: what `trace` found in it.
        history: models, who was made from whom, and what `record_training` wrote; None where there is none.
        models: folders to look through for models that `holdfast train` made and the history does not know.
    """
    if not holding.shards:
        return ()
    version = read_version(folder)
    found = _Found(history)
    if history is not None:
        _recorded(found, version, holding, history)
        _recorded_below(found, holding, history)
    cards = list(_cards(history, models))
    for reference, identity, card in cards:
        _trained(found, folder, version, holding, reference, identity, card)
    _made_from(found, history, cards)
    return tuple(found.models.values())


def record_training(folder: Path, model: str, history: History, *, shards: Sequence[str] = ()) -> CorpusUse:
    """Write that a model was trained on a corpus, or on some of its shards, for trainings that no card knows of.

    A model folder is fingerprinted, so that models made from it are found; another name is written down as it is. Raises InputError
    for a shard that the corpus has not.
    """
    version = read_version(folder)
    names = [find_shard(version, shard).name for shard in shards]
    return record_use(history, corpus_entry(folder, version), _model(history, model), shards=names)


def _model(history: History, model: str) -> RunModel | str:
    try:
        known = history.model(model)
        return RunModel(side="tuned", reference=model, place=known.reference, fingerprint=known.fingerprint)
    except InputError:
        pass
    parts = [Path(part) for part in model.split("+")]
    if not all(part.is_dir() for part in parts) and not model.startswith("lab:"):
        return model
    (engine,) = open_models([model], ModelOptions(device="cpu"))
    try:
        place = "+".join(str(part.absolute()) if part.is_dir() else str(part) for part in parts)
        return RunModel(side="tuned", reference=model, place=place, fingerprint=engine.fingerprint)
    finally:
        engine.close()


def _recorded(found: _Found, version: CorpusVersion, holding: Holding, history: History) -> None:
    versions = {holding.corpus: "this version"}
    versions |= {entry.id: f"version {entry.id[:12]}, which this one was made from" for entry in ancestors(history, version.parent)}
    if version.parent is not None:
        versions.setdefault(version.parent, f"version {version.parent[:12]}, which this one was made from")
    for use in uses(history, list(versions)):
        shards, rows = _part(holding, set(use.shards) if use.shards else None)
        if rows:
            said = f"recorded on {use.recorded:%Y-%m-%d} as trained on {_of(use.shards)} of {versions[use.corpus]}"
            found.add(reference=use.reference, identity=use.model, how="recorded", said=said, shards=shards, rows=rows, parent=None)


def _recorded_below(found: _Found, holding: Holding, history: History) -> None:
    """Add models trained on versions that were made from this one: another retraction may have left these rows in."""
    below = {entry.id: entry for entry in descendants(history, holding.corpus)}
    for use in uses(history, list(below)):
        entry = below[use.corpus]
        said = f"recorded on {use.recorded:%Y-%m-%d} as trained on {_of(use.shards)} of version {entry.id[:12]}, made from this one"
        shards, rows, doubt = _left(entry, holding, use)
        said += doubt
        if rows != 0:
            found.add(reference=use.reference, identity=use.model, how="recorded", said=said, shards=shards, rows=rows, parent=None)


def _left(entry: CorpusEntry, holding: Holding, use: CorpusUse) -> tuple[list[str], int | None, str]:
    """Return the shards and rows that a later version still has, or None and why nobody can tell: out of reach is not clean."""
    folder = Path(entry.folder)
    try:
        if version_id(read_version(folder)) != entry.id:
            return [], None, f"; another version lies at {folder} now, so it may hold these rows"
        left = trace_wanted(folder, holding.wanted)
    except InputError:
        return [], None, f"; {folder} cannot be read, so it may hold these rows"
    return *_part(left, set(use.shards) if use.shards else None), ""


def _of(shards: Sequence[str]) -> str:
    return f"{len(shards)} shard{'s' * (len(shards) != 1)}" if shards else "the whole"


def _part(holding: Holding, chosen: set[str] | None) -> tuple[list[str], int]:
    held = [one for one in holding.shards if chosen is None or one.shard in chosen]
    return [one.shard for one in held], sum(one.rows for one in held)


def _cards(history: History | None, models: Sequence[Path]) -> Iterator[tuple[str, str | None, TrainCard]]:
    """Yield (reference, id, card) of every trained model in reach."""
    seen: set[Path] = set()
    for entry in history.models() if history is not None else ():
        for part in map(Path, entry.reference.split("+")):
            card = _card(part / CARD_FILE)
            if card is not None:
                seen.add(part.resolve())
                yield entry.reference, entry.id, card
    for folder in models:
        if not folder.is_dir():
            raise InputError(f"--models {folder}: expected a folder of trained models.")
        for path in sorted(folder.rglob(CARD_FILE)):
            card = _card(path) if path.parent.resolve() not in seen else None
            if card is not None:
                yield str(path.parent.absolute()), None, card


def _card(path: Path) -> TrainCard | None:
    try:
        return read_card(path)
    except HoldfastError:
        # Another tool's file of that name says nothing about a training.
        return None


def _trained(
    found: _Found, folder: Path, version: CorpusVersion, holding: Holding, reference: str, identity: str | None, card: TrainCard
) -> None:
    chosen = _shards_of(card, folder, version)
    shards, rows = _part(holding, chosen)
    if rows:
        said = f"its card names {_of(sorted(chosen))} of this version as training data"
        found.add(reference=reference, identity=identity, how="trained", said=said, shards=shards, rows=rows, parent=None)


def _shards_of(card: TrainCard, folder: Path, version: CorpusVersion) -> set[str]:
    """Return the shards that a training read: those with the SHA-256 of its files, and those that lie where it read."""
    by_digest = {shard.sha256: shard.name for shard in version.shards}
    chosen = {by_digest[sha256] for sha256 in card.files.values() if sha256 in by_digest}
    sources = (*card.config.sources, *(card.config.replay.sources if card.config.replay is not None else ()))
    # A card that knows its files needs no guess; one of an older Holdfast has the paths alone.
    for path in () if card.files else map(Path, (source.path for source in sources)):
        chosen |= {shard.name for shard in version.shards if _lies_in(folder / shard.name, path)}
    return chosen


def _lies_in(file: Path, path: Path) -> bool:
    whole, wanted = file.resolve(), path.resolve()
    return whole == wanted or wanted in whole.parents


def _made_from(found: _Found, history: History | None, cards: Iterable[tuple[str, str | None, TrainCard]]) -> None:
    """Add everything that was made from a model of the list, however far down."""
    steps: list[tuple[str, str | None, str, str]] = []
    for reference, identity, card in cards:
        for above in card.parents:
            steps += [(key, identity, reference, "train") for key in (above.fingerprint, str(Path(above.reference).absolute()))]
    if history is not None:
        names = {entry.id: entry.reference for entry in history.models()}
        steps += [(edge.parent, edge.child, names.get(edge.child, edge.child), edge.how) for edge in history.edges()]
    grew = True
    while grew:
        grew = False
        for parent, child, reference, how in steps:
            if parent in found.models and parent != child:
                name = found.models[parent].reference
                word = "trained from" if how == "train" else f"made from, as a run of `{how}` says,"
                said = f"{word} {name}"
                grew |= found.add(reference=reference, identity=child, how="made from", said=said, shards=(), rows=None, parent=name)
