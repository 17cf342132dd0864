"""What is planted: canaries and controls of each format, drawn from a seed, whatever they are planted into."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256

from holdfast.canaries.formats import CanaryFormat, format_of
from holdfast.canaries.manifest import Canary, FormatUse
from holdfast.core import InputError, Value, check_seed

__all__ = ["DEFAULT_FORMATS", "PlantSpec", "draw_canaries", "format_uses"]

DEFAULT_FORMATS = ("digits", "email", "guid", "sentence")

_REPETITIONS = (1, 4, 16, 64)
_WORDS_NEEDED, _MOST_WORDS = 16, 256
_LEAST_REFERENCES = 1000
_ALPHA = 0.05


class PlantSpec(Value, frozen=True, kw_only=True):
    """What to plant. Raises InputError for values that cannot be."""

    formats: tuple[str, ...] = DEFAULT_FORMATS
    """Names, each with an optional length: 'digits=4'."""
    repetitions: tuple[int, ...] = _REPETITIONS
    per_repetition: int = 2
    """Canaries per format and repetition count."""
    controls: int = 8
    """Secrets per format that are drawn alike and not planted."""
    references: int = _LEAST_REFERENCES
    """Secrets per format to compare with; raised so that the family-wise threshold can be reached."""
    language: str = "en"
    words: int = _MOST_WORDS
    """Format `words`: at most so many of the data's most frequent words."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_seed(self.seed, "--seed")
        if not self.formats or not self.repetitions:
            raise InputError("planting needs at least one --format and one --repetitions.")
        if any(count < 1 for count in self.repetitions) or len(set(self.repetitions)) != len(self.repetitions):
            raise InputError(f"--repetitions must be different numbers from 1 on, got {', '.join(map(str, self.repetitions))}.")
        if self.per_repetition < 1 or self.controls < 0 or self.references < 1:
            raise InputError("--per-repetition and --references must be at least 1, --controls at least 0.")
        if self.language not in ("en", "zh"):
            raise InputError(f"--language {self.language!r} is not known. Known: en, zh.")


def format_uses(spec: PlantSpec, texts: Callable[[], Iterable[str]]) -> list[FormatUse]:
    """Return the formats of a spec as they will be used; `texts` gives the data, and is asked only by formats of the data's own words.

    Raises InputError for a format that is not known, given twice or badly written, and where the data has too few words.
    """
    found = []
    total = len(spec.formats) * len(spec.repetitions) * spec.per_repetition
    # With n references the lowest p is 1 / (n + 1): fewer than total / alpha could never show one canary among all.
    references = max(spec.references, int(total / _ALPHA))
    for written in spec.formats:
        name, _, length = written.partition("=")
        if length and not length.isdecimal():
            raise InputError(f"canary format {written!r}: expected NAME or NAME=LENGTH, for example digits=9.")
        words = _words(texts(), spec.words) if format_of(name).own_words else ()
        use = FormatUse(name=name, length=int(length or 0), words=words, references=references)
        use.pattern()
        found.append(use)
    if len({use.name for use in found}) != len(found):
        raise InputError("each canary format may be given once.")
    return found


def _words(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """Return the most frequent words of the data, so that no tokenizer trained on it lacks one."""
    counts = Counter[str]()
    for text in texts:
        counts.update(word for word in text.split() if word.isalpha())
    known = sorted(counts, key=lambda word: (-counts[word], word))[:most]
    if len(known) < _WORDS_NEEDED:
        raise InputError(f"canaries of format 'words' need {_WORDS_NEEDED} words with spaces between them; the data has {len(known)}.")
    return tuple(known)


def draw_canaries(use: FormatUse, spec: PlantSpec, *, plain: bool) -> tuple[list[Canary], list[Canary]]:
    """Return the canaries of a format, fewest copies first, and its controls. `plain` writes request and secret into one text."""
    form: CanaryFormat = format_of(use.name)
    rng = random.Random(f"{spec.seed}/{use.name}")
    counts = [count for count in sorted(spec.repetitions) for _ in range(spec.per_repetition)] + [0] * spec.controls
    secrets = use.pattern().draw(rng, len(counts))
    keys: dict[str, None] = {}
    while len(keys) < len(counts):
        keys[form.key(rng, use.words)] = None
    found = []
    for number, (count, secret, key) in enumerate(zip(counts, secrets, keys, strict=True)):
        request = form.requests[spec.language].format(key=key)
        found.append(
            Canary(
                id=f"{use.name}-x{count}-{number:03d}",
                format=use.name,
                repetitions=count,
                request="" if plain else request,
                secret=secret,
                text=f"{request} {secret}" if plain else secret,
                sha256=sha256(secret.encode()).hexdigest(),
            )
        )
    return [one for one in found if one.repetitions], [one for one in found if not one.repetitions]
