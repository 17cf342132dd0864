"""The pages of metrics, errors and exit codes."""

from __future__ import annotations

from collections.abc import Iterator

from docs.writers.markdown import code, page, table
from docs.writers.source import prose

from holdfast.core import METRICS, Direction, ExitCode, HoldfastError, Phase, Unit

__all__ = ["errors_page", "exit_codes_page", "metrics_page"]

_UNITS = {
    Unit.FRACTION: "fraction, 0 to 1",
    Unit.RATIO: "ratio, 0 and up",
    Unit.COUNT: "count",
    Unit.SCORE_1_5: "score, 1 to 5",
    Unit.LOGIT: "log-odds, any number",
    Unit.TOKENS: "tokens",
    Unit.BITS: "bits",
}
_PHASES = {Phase.PRE: "before training", Phase.DURING: "during training", Phase.POST: "after training"}
_GOOD = {Direction.HIGHER_IS_BETTER: "high", Direction.LOWER_IS_BETTER: "low", Direction.NEITHER: "neither"}
_CODES = {
    ExitCode.PASS: ("pass", "Every blocking gate passed, or the command did its work and has no verdict."),
    ExitCode.USAGE: ("usage or input error", "An option or a file is not what was expected. One sentence on standard error says which."),
    ExitCode.FAIL: ("fail", "A blocking gate failed."),
    ExitCode.UNDECIDED: ("undecided", "No blocking gate failed, and at least one could not be decided. Treat it as not released."),
}


def metrics_page() -> str:
    """Return the page of metrics."""
    rows = ((code(kind.name), kind.meaning, _UNITS[kind.unit], _GOOD[kind.direction], _PHASES[kind.phase]) for kind in METRICS.values())
    return page(
        "Metrics",
        "`holdfast.core.METRICS`",
        "Every number that Holdfast can name. A metric that could not be measured has no value and a reason; it is never 0. "
        "`holdfast compare` measures those after training; the others come from other stages, or from a file of your own "
        "(see [Judge recorded numbers](../how-to/gate-in-ci.md#numbers-from-elsewhere)).",
        table(("metric", "meaning", "unit", "good is", "taken"), rows),
        "A paired metric has three sides: `base`, `tuned`, and `drop`, which is base minus tuned. So a loss of refusals is a "
        "positive drop of `refusal_rate`, and a rise of over-refusal is a negative drop of `over_refusal`. Side `run` belongs to "
        "the comparison as a whole.",
    )


def errors_page() -> str:
    """Return the page of errors."""
    kinds: list[type[HoldfastError]] = [HoldfastError, *_subclasses(HoldfastError)]
    return page(
        "Errors",
        "`holdfast.core.errors`",
        "What a user can mend is one of these. The command line prints one sentence on standard error and exits with 2. From "
        "Python it is an exception, with the code in its attribute `code`. Anything else is a defect of Holdfast: Python prints "
        "a traceback and exits with 1, which is never a verdict.",
        table(("code", "class", "meaning"), ((code(kind.code), code(f"holdfast.core.{kind.__name__}"), prose(kind)) for kind in kinds)),
    )


def _subclasses(kind: type[HoldfastError]) -> Iterator[type[HoldfastError]]:
    for child in sorted(kind.__subclasses__(), key=lambda found: found.code):
        if child.__module__.startswith("holdfast."):
            yield child
            yield from _subclasses(child)


def exit_codes_page() -> str:
    """Return the page of exit codes."""
    rows = [(str(code_.value), *_CODES[code_]) for code_ in ExitCode]
    rows.insert(1, ("1", "crash", "Python's own code for an unexpected error. It is no verdict: the run may be started again."))
    rows.append(("130", "stopped", "Ctrl-C. The same command goes on where it stopped."))
    return page(
        "Exit codes",
        "`holdfast.core.ExitCode`",
        "A crash never reads as a verdict, and an undecided run never reads as a pass.",
        table(("code", "name", "meaning"), rows),
        "FAIL beats UNDECIDED beats PASS. A warning gate never changes the code, unless `--strict` is given and the gate asks for it.",
    )
