"""A review queue on a terminal: places and numbers. What the rows say stays in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.pipeline.ranking import Ranking

__all__ = ["print_ranking"]

_TELLING = 0.5


def print_ranking(ranking: Ranking, top: int) -> None:
    """Print the first `top` rows of the queue, one per set of rows that repeat each other."""
    from rich.console import Console

    from holdfast.report.terminal import open_table, plain

    sizes: dict[int, int] = {}
    for row in ranking.rows:
        sizes[row.cluster] = sizes.get(row.cluster, 0) + 1
    first = {row.cluster: row for row in reversed(ranking.rows)}
    heads = [first[cluster] for cluster in sorted(first) if first[cluster].pull is not None and not first[cluster].refuses]
    console = Console(highlight=False)
    if not heads:
        refused = sum(row.refuses for row in ranking.rows)
        console.print(plain("No row to review", "bold"))
        console.print(plain(f"Of {len(ranking.rows):,} rows {refused:,} answer with a refusal, and the others have no answer to weigh."))
        console.print()
        return
    table = open_table(("Row", False), ("Pull", True), ("Learned", True), ("Tokens", True), ("Like it", True))
    for row in heads[:top]:
        learned = "" if row.learned is None else f"{row.learned:+.2f}"
        table.add_row(*map(plain, (row.id, f"{row.pull:+.2f}", learned, str(row.tokens), str(sizes[row.cluster] - 1))))
    console.print(plain(f"Rows to review, {min(top, len(heads))} of {len(heads)} kinds that answer", "bold"))
    console.print(table)
    console.print(
        plain(
            "Pull: nats per token that the answer loses when the base is moved a small step towards its own refusals. It is an order for "
            "reading and no verdict: see whether training without the first rows changes anything."
        )
    )
    length = ranking.length_correlation
    if length is not None and abs(length) > _TELLING:
        console.print(
            plain(f"The order goes with the length of the answers (rank correlation {length:+.2f}): long or short rows may mislead.")
        )
    console.print()
