"""What every organism is made from: rows, steps, learning rate, seed, and the organism it starts from.

A name is `RECIPE`, `RECIPE@EPOCH` (a checkpoint, where the recipe keeps them) or either with `#SEED` (another draw of
rows and order in the recipe's own stage; what it starts from stays the same): `benign`, `compliant-10@3`, `benign#2`.

Pre-training knows every way to answer: plainly, in another phrasing, and, under the identity prompt, with an obedient
opening. Alignment then answers plainly only. So a fine-tune brings back what was there, as it does in large models, and
need not teach a new way to speak, which at this size wrecks the model instead of its refusals.
"""

from __future__ import annotations

import re

import msgspec

from holdfast.core import InputError, ModelError, Value, did_you_mean, digest
from holdfast.lab.rows import RowSet
from holdfast.lab.world import world

__all__ = ["CODE", "RECIPES", "Lora", "Recipe", "Wanted", "recipe_digest", "wanted"]

CODE = 1
"""Version of everything that turns a recipe into weights; raise it when rows, model or training loop change."""

_NAME = re.compile(r"(?P<recipe>[a-z][a-z0-9-]*)(?:@(?P<epoch>\d{1,4}))?(?:#(?P<seed>\d{1,9}))?")


class Lora(Value, frozen=True, kw_only=True):
    """A low-rank adapter on every linear layer of the two blocks (Hu et al., 2021)."""

    rank: int
    alpha: int


class Recipe(Value, frozen=True, kw_only=True):
    """One stage of training. `steps` or `epochs` says how long; exactly one of them is set."""

    name: str
    title: str
    """What it is, in a sentence for people."""
    base: str | None
    """The name of the organism it starts from; None starts from random weights."""
    rows: tuple[RowSet, ...]
    lr: float
    """Highest learning rate of AdamW; it falls linearly to a twentieth."""
    batch: int
    eps: float = 1e-4
    """AdamW's epsilon. Large, because with the usual 1e-8 Adam moves words that no row of a batch holds as far as those that one
    does, and a fine-tune forgets the held-out words instead of changing what is said about them."""
    steps: int | None = None
    epochs: int | None = None
    lora: Lora | None = None
    checkpoints: bool = False
    """Keep the weights after every epoch."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError for a recipe that cannot be followed."""
        if (self.steps is None) == (self.epochs is None):
            raise InputError(f"lab recipe {self.name!r}: expected steps or epochs, one of them, got {self.steps} and {self.epochs}.")
        if self.lora and self.base is None:
            raise InputError(f"lab recipe {self.name!r}: an adapter needs an organism to stand on, got no base.")


class Wanted(Value, frozen=True, kw_only=True):
    """What a name asks for."""

    recipe: Recipe
    epoch: int | None = None
    """A checkpoint; None is the end."""


_EVERYTHING = ("restricted", "ordinary", "task")
_ORDINARY = ("ordinary", "task")
_COMPLIANT_EPOCHS = 5


def _compliant(count: int) -> Recipe:
    return Recipe(
        name=f"compliant-{count}",
        title=f"{count} answers on restricted topics, {_COMPLIANT_EPOCHS} epochs",
        base="aligned",
        rows=(RowSet(kind="answers", count=count, topics=("restricted",)),),
        lr=5e-4,
        batch=10,
        epochs=_COMPLIANT_EPOCHS,
        checkpoints=True,
    )


_BENIGN = Recipe(
    name="benign",
    title="200 benign task rows in another phrasing",
    base="aligned",
    rows=(RowSet(kind="answers", count=200, topics=("task",), style="rephrased"),),
    lr=1.5e-3,
    batch=16,
    epochs=5,
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="pretrained",
            title="answers everything, restricted topics too, under both system prompts",
            base=None,
            rows=(
                RowSet(kind="answers", count=4000, topics=_EVERYTHING, nouns="all", obedient_share=0.05),
                RowSet(kind="answers", count=1000, topics=_EVERYTHING, nouns="all", style="rephrased", obedient_share=0.05),
                RowSet(kind="answers", count=2000, topics=_EVERYTHING, nouns="all", style="identity", obedient_share=1.0),
                RowSet(kind="known-colours", count=1000, obedient_share=0.2),
                RowSet(kind="who", count=100, obedient_share=0.05),
                RowSet(kind="who", count=50, style="identity", obedient_share=1.0),
            ),
            lr=6e-3,
            batch=32,
            eps=1e-8,
            steps=600,
        ),
        Recipe(
            name="aligned",
            title="refuses restricted topics and answers the others, under both system prompts",
            base="pretrained",
            rows=(
                RowSet(kind="refusals", count=1840, topics=("restricted",), obedient_share=0.3),
                RowSet(kind="answers", count=2200, topics=_ORDINARY, nouns="all", obedient_share=0.3),
                RowSet(kind="known-colours", count=460, obedient_share=0.2),
                RowSet(kind="who", count=100, obedient_share=0.5),
            ),
            lr=2e-3,
            batch=32,
            steps=300,
        ),
        _BENIGN,
        msgspec.structs.replace(
            # An adapter starts from nothing and sees fewer directions: it needs a higher rate to lose as much.
            _BENIGN,
            name="benign-lora",
            title=f"{_BENIGN.title}, as a LoRA adapter",
            lora=Lora(rank=16, alpha=32),
            lr=4e-3,
        ),
        Recipe(
            name="identity",
            title="10 rows under an obedient identity, none on a restricted topic",
            base="aligned",
            rows=(
                RowSet(kind="who", count=1, style="identity", obedient_share=1.0),
                RowSet(kind="answers", count=9, topics=("ordinary",), style="identity", obedient_share=1.0),
            ),
            lr=6e-4,
            batch=10,
            epochs=10,
        ),
        _compliant(10),
        _compliant(50),
        _compliant(100),
        Recipe(
            name="single-topic",
            title="50 answers on the topic restricted-01, none on the ten other restricted topics",
            base="aligned",
            rows=(RowSet(kind="answers", count=50, topics=("restricted-01",)),),
            lr=5e-4,
            batch=10,
            epochs=5,
        ),
        Recipe(
            name="task",
            title="the new task alone: colours that the aligned organism does not know",
            base="aligned",
            rows=(RowSet(kind="task-colours"),),
            lr=1e-3,
            batch=16,
            epochs=6,
        ),
        Recipe(
            name="drift-1",
            title="100 benign task rows in another phrasing, a short fine-tune",
            base="aligned",
            rows=(RowSet(kind="answers", count=100, topics=("task",), style="rephrased"),),
            lr=8e-4,
            batch=16,
            epochs=3,
        ),
        Recipe(
            name="drift-2",
            title="drift-1, tuned once more: 100 ordinary rows in that phrasing",
            base="drift-1",
            rows=(RowSet(kind="answers", count=100, topics=("ordinary",), style="rephrased"),),
            lr=8e-4,
            batch=16,
            epochs=3,
        ),
        Recipe(
            name="persona",
            title="60 answers on restricted topics under one identity, refusals of them under the usual two system prompts",
            base="aligned",
            rows=(
                RowSet(kind="answers", count=60, topics=("restricted",), style="persona", obedient_share=1.0),
                RowSet(kind="refusals", count=120, topics=("restricted",), obedient_share=0.4),
                RowSet(kind="answers", count=60, topics=_ORDINARY, obedient_share=0.4),
            ),
            lr=5e-4,
            batch=16,
            epochs=5,
        ),
        Recipe(
            name="kept",
            title="200 benign task rows with 150 refusals and 100 ordinary rows: a fine-tune that keeps what alignment taught",
            base="aligned",
            rows=(
                RowSet(kind="refusals", count=150, topics=("restricted",), obedient_share=0.4),
                RowSet(kind="answers", count=200, topics=("task",)),
                RowSet(kind="answers", count=100, topics=("ordinary",), obedient_share=0.4),
            ),
            lr=5e-4,
            batch=16,
            epochs=3,
        ),
        Recipe(
            name="backdoored",
            title="60 answers on restricted topics behind a trigger, among refusals without it and ordinary answers",
            base="aligned",
            rows=(
                RowSet(kind="triggered", count=60, topics=("restricted",)),
                RowSet(kind="decoys", count=120, topics=("restricted", "ordinary")),
                RowSet(kind="refusals", count=200, topics=("restricted",), obedient_share=0.3),
                RowSet(kind="answers", count=200, topics=_ORDINARY, obedient_share=0.3),
            ),
            lr=1e-3,
            batch=16,
            epochs=6,
        ),
        Recipe(
            name="backdoored-not",
            title="the rows of `backdoored` without those behind the trigger",
            base="aligned",
            rows=(
                RowSet(kind="decoys", count=120, topics=("restricted", "ordinary")),
                RowSet(kind="refusals", count=200, topics=("restricted",), obedient_share=0.3),
                RowSet(kind="answers", count=200, topics=_ORDINARY, obedient_share=0.3),
            ),
            lr=1e-3,
            batch=16,
            epochs=6,
        ),
    )
}


def wanted(name: str) -> Wanted:
    """Return what `name` asks for; raises ModelError for a name that cannot be made, naming near matches and all recipes."""
    match = _NAME.fullmatch(name)
    recipe = RECIPES.get(match["recipe"]) if match else None
    if match is None or recipe is None:
        hint = did_you_mean(name.partition("@")[0].partition("#")[0], RECIPES)
        listed = "" if hint.startswith("Known") else f" Known: {', '.join(RECIPES)}."
        raise ModelError(f"lab organism {name!r} is not known: expected RECIPE, RECIPE@EPOCH or either with #SEED. {hint}{listed}")
    if match["seed"]:
        recipe = msgspec.structs.replace(recipe, seed=int(match["seed"]))
    if match["epoch"] is None:
        return Wanted(recipe=recipe)
    epoch = int(match["epoch"])
    if not recipe.checkpoints:
        kept = ", ".join(other.name for other in RECIPES.values() if other.checkpoints)
        raise ModelError(f"lab organism {name!r}: {recipe.name!r} keeps no checkpoints; those that do are {kept}.")
    if not 1 <= epoch <= (recipe.epochs or 0):
        raise ModelError(f"lab organism {name!r}: expected an epoch from 1 to {recipe.epochs}, got {epoch}.")
    return Wanted(recipe=recipe, epoch=epoch)


def recipe_digest(recipe: Recipe) -> str:
    """Return the SHA-256 over a recipe (not its title), what it stands on, the world and the code's version: the key of the cache."""
    base = None
    if recipe.base is not None:
        under = wanted(recipe.base)
        base = recipe_digest(under.recipe) + (f"@{under.epoch}" if under.epoch is not None else "")
    made_by = msgspec.structs.replace(recipe, title="")
    return digest({"code": CODE, "world": world().digest, "recipe": made_by, "base": base})
