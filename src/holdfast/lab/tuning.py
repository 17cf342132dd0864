"""Fine-tuning an organism on rows of your own, for what no recipe makes: canaries, triggers, unique tails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.core import InputError, ModelError, digest, digest_file
from holdfast.lab.cache import whole_folder
from holdfast.lab.make import Organism, organism
from holdfast.lab.recipes import CODE, Lora, Recipe
from holdfast.lab.rows import Conversation
from holdfast.lab.world import world

__all__ = ["fine_tune"]


def fine_tune(
    rows: Sequence[Conversation],
    folder: Path,
    *,
    base: str | Path = "aligned",
    name: str = "custom",
    lr: float = 1e-3,
    batch: int = 16,
    epochs: int = 5,
    eps: float = 1e-4,
    seed: int = 0,
    lora: Lora | None = None,
    adapter: Path | None = None,
) -> Organism:
    """Train an organism (by name, or the folder of one) on conversations of the lab's words, and return it, saved in `folder`.

    A folder that is there already is returned as it is. With `lora` the folder holds an adapter; `adapter` is one to go on from. Raises
    InputError without rows, and ModelError where `base` is an adapter.
    """
    from holdfast.lab import saving, training
    from holdfast.lab.tokenizer import Tokenizer

    if not rows:
        raise InputError("fine-tuning needs rows, got none.")
    under = base if isinstance(base, Path) else organism(base, quiet=True).folder
    if not (under / saving.WEIGHTS_FILE).is_file():
        raise ModelError(f"{under}: expected an organism with weights of its own.")
    recipe = Recipe(name=name, title=name, base=str(base), rows=(), lr=lr, batch=batch, epochs=epochs, eps=eps, lora=lora, seed=seed)
    if not folder.is_dir():
        place = world()
        tokenizer = Tokenizer(place)
        card = saving.OrganismCard(
            name=name,
            title=f"{len(rows)} rows of the user's own",
            digest=digest({"rows": rows, "recipe": recipe}),
            recipe=recipe,
            base_weights=digest_file(under / saving.WEIGHTS_FILE),
            world=place.digest,
            code=CODE,
        )
        with whole_folder(folder) as unfinished, training.isolated(seed), saving.quiet_libraries():
            model = saving.load_model(under)
            if lora:
                model = training.adapted(model, lora) if adapter is None else training.continued(model, adapter)
            training.train(model, tokenizer.encode_rows(rows), recipe, pad=tokenizer.pad)
            saving.save(model, tokenizer, unfinished, card)
    return Organism(name=name, folder=under, adapter=folder) if lora else Organism(name=name, folder=folder)
