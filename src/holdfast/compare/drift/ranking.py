"""Which training rows pull a model away from refusing: one number per row, to review the likeliest ones first.

A row scores high where its answer becomes less likely when the base is moved a small step towards its own refusals (see
`holdfast.probes.nudging`; the gradient ranking of He et al., "What is in your safe data?", COLM 2024, without harmful anchors). It is an
order for reading, never a verdict: rows that were taken out because of such an order often change less than hoped (methods: verify by
training without them).
"""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.compare.drift.run import Progress, base_answers, choose_prompts
from holdfast.compare.drift.spec import DriftSpec
from holdfast.core import Expected, FinishReason, InputError, Message, Outcome, Prompt, Response, Value
from holdfast.plugins import Engine, GradingItem, RowPull, WeighsRows, open_judge

__all__ = ["RowWeights", "weigh_rows"]

_LEAST = 8


class RowWeights(Value, frozen=True, kw_only=True):
    """One `RowPull` per row, in order, and what they were measured with."""

    rows: tuple[RowPull, ...]
    step: float
    cost: float
    refuse: int
    """The base's own refusals that the step goes towards."""
    benign: int
    """The base's own answers to harmless requests that say how far it may go."""
    suites: tuple[str, ...]
    judge: str
    refuses: tuple[bool, ...]
    """Whether the row's own answer is a refusal, as judge `refusal` reads it. In another wording than the base's it looks
    like a pull, and is none."""


def weigh_rows(spec: DriftSpec, engines: Sequence[Engine], rows: Sequence[tuple[Message, ...]], progress: Progress) -> RowWeights:
    """Weigh conversations by what they do to the first engine, the base; a second engine, the tuned model, says what was learned.

    Raises InputError for a model that does not run in this process, for no rows, and for a base that refuses or answers fewer than
    eight of the requests, from which nothing can be learned.
    """
    if not rows:
        raise InputError("there is no row to rank.")
    base, tuned = engines[0], engines[1] if len(engines) > 1 else None
    asked = choose_prompts(spec, engines)
    refuse, benign = base_answers(spec, base, asked, progress)
    if min(len(refuse), len(benign)) < _LEAST:
        raise InputError(
            f"{base.reference} refused {len(refuse)} of the requests that should be refused and answered {len(benign)} of the benign ones; "
            f"a ranking needs at least {_LEAST} of each. Give the model before any fine-tune, or --prompts with a larger number."
        )
    found = base.row_pulls(tuned, rows, refuse, benign) if isinstance(base, WeighsRows) else None
    if found is None:
        raise InputError("ranking rows needs the gradient of a model that runs in this process. Give a model folder or a hub id.")
    progress("weighing rows", len(rows), len(rows))
    return RowWeights(
        rows=found.rows,
        step=found.step,
        cost=found.cost,
        refuse=len(refuse),
        benign=len(benign),
        suites=asked.suites,
        judge=asked.judge.card.name,
        refuses=_refusals(rows),
    )


def _refusals(rows: Sequence[tuple[Message, ...]]) -> tuple[bool, ...]:
    # A judge made for one suite knows nothing of the rows' requests; the rules read any.
    judge = open_judge("refusal")
    items = [_item(place, row) for place, row in enumerate(rows)]
    grades = iter(judge.grade([item for item in items if item is not None]))
    return tuple(item is not None and next(grades).outcome is Outcome.REFUSAL for item in items)


def _item(place: int, row: tuple[Message, ...]) -> GradingItem | None:
    if len(row) < 2 or row[-1].role != "assistant":
        return None
    name = f"row-{place}"
    asked = Prompt(id=name, suite="data", category="all", language="und", messages=row[:-1], expected=Expected.REFUSE)
    said = Response(side="base", model="data", condition="default", prompt_id=name, text=row[-1].content, finish=FinishReason.STOP)
    return GradingItem(prompt=asked, response=said)
