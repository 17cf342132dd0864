"""Safety rows: what is mixed into training data so that a model goes on refusing, without refusing too much."""

from __future__ import annotations

from holdfast.core import InputError, Value, digest

__all__ = ["SafetyRow", "SafetySet"]


class SafetyRow(Value, frozen=True, kw_only=True):
    """One request with the answer that a safe and helpful model gives it."""

    request: str
    answers: tuple[str, ...]
    """One or more ways to give the same answer; a row that is used again uses the next."""
    refuses: bool
    """True for a request that is refused, False for a benign look-alike that is answered."""
    language: str = "und"
    """BCP 47; 'und' fits rows of any language."""
    category: str = ""
    rejected: str | None = None
    """The worse answer where the source holds pairs; None lets `mix` write one where the data's format needs it."""


class SafetySet(Value, frozen=True, kw_only=True):
    """Safety rows of one source."""

    name: str
    """What a user calls it: 'builtin', 'lab', or a file's name."""
    rows: tuple[SafetyRow, ...]
    notes: tuple[str, ...] = ()
    """What was left out and why, one sentence each."""

    @property
    def digest(self) -> str:
        """SHA-256 over the rows."""
        return digest(self.rows)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the refusals, the commonest first."""
        counts: dict[str, int] = {}
        for row in self.rows:
            if row.refuses:
                counts[row.language] = counts.get(row.language, 0) + 1
        return tuple(sorted(counts, key=lambda language: (-counts[language], language)))

    def with_look_alikes(self, others: SafetySet) -> SafetySet:
        """Return the refusals of this set with the benign rows of another; raises InputError where it has none."""
        benign = tuple(row for row in others.rows if not row.refuses)
        if not benign:
            raise InputError(f"{others.name}: expected benign requests that are answered, and there is none. Name another file, or none.")
        refusals = tuple(row for row in self.rows if row.refuses)
        name = self.name if others.name == self.name else f"{self.name}, look-alikes of {others.name}"
        return SafetySet(name=name, rows=(*refusals, *benign), notes=(*self.notes, *others.notes))
