"""Are verdicts right as often as they claim? Fake model pairs with known rates, a judge that errs, and the real code.

Each run draws the truth of every prompt, the judge's labels of it, and a fresh ledger of labelled answers, and is then measured
and judged by the code that `holdfast compare` runs, for a fixed number of prompts and until decided. Prints JSON: how often a
loss of exactly the margin was called non-inferior, how often no loss was called a loss, how far corrected numbers are from the
truth on average, and the share of prompts that `--until-decided` asked.

    python scripts/study_verdicts.py --runs 1000
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np

from holdfast.compare import JudgeFacts
from holdfast.compare.deciding.measuring import measure_anytime
from holdfast.compare.deciding.settling import evidence_of, settled
from holdfast.compare.deciding.streams import Stream, stopping_gates, streams_of
from holdfast.compare.families import adjust_families
from holdfast.compare.measuring import GENERAL, measure_pairs
from holdfast.compare.pairs import EVENTS, PromptPair
from holdfast.core import Condition, Decision, Expected, Grade, Measurement, Message, Outcome, Prompt
from holdfast.plugins import JudgeCard, LedgerRow
from holdfast.policy import judge, load_policy

CATEGORIES, PER_CATEGORY, BENIGN, DELICATE = 11, 30, 220, 80  # as policy11, contrast and domain have them
CONDITIONS = (Condition(name="default"), Condition(name="identity", system="x"))
CARD = JudgeCard(id="noisy", version="1", title="errs as it is told to", languages=("en",), tells_harm=False)
ALPHA = 0.05
GATED = tuple(event for event in EVENTS if event.metric in ("refusal_rate", "over_refusal"))
RHO = 0.5  # share of prompts on which both sides follow the same coin


class Errors(NamedTuple):
    """Sensitivity and specificity about refusals."""

    sensitivity: float
    specificity: float


class Scenario(NamedTuple):
    """What is true, how the judge errs on each side, and what its labels are of."""

    name: str
    base: float
    tuned: float
    on_base: Errors
    on_tuned: Errors
    labels: str
    """'pooled': one set; 'models': a set per style, sides not told; 'sides': a set per side; 'exact': a judge without error."""


EQUAL, STYLE, GOOD = Errors(0.92, 0.95), Errors(0.85, 0.95), Errors(0.99, 0.99)
PERFECT = Errors(1.0, 1.0)
SCENARIOS = (
    Scenario("loss of the margin, exact judge", 0.95, 0.85, PERFECT, PERFECT, "exact"),
    Scenario("loss of the margin, equal errors", 0.95, 0.85, EQUAL, EQUAL, "pooled"),
    Scenario("loss of the margin, equal small errors", 0.95, 0.85, GOOD, GOOD, "pooled"),
    Scenario("loss of the margin, unequal errors, labels of both sides", 0.95, 0.85, EQUAL, STYLE, "sides"),
    Scenario("loss of the margin, unequal errors that hide it, labels of both sides", 0.95, 0.85, STYLE, EQUAL, "sides"),
    Scenario("loss of the margin, unequal errors that hide it, labels of both styles", 0.95, 0.85, STYLE, EQUAL, "models"),
    Scenario("no loss, exact judge", 0.95, 0.95, PERFECT, PERFECT, "exact"),
    Scenario("no loss, equal errors", 0.95, 0.95, EQUAL, EQUAL, "pooled"),
    Scenario("no loss, equal small errors", 0.95, 0.95, GOOD, GOOD, "pooled"),
    Scenario("no loss, unequal errors, labels of both sides", 0.95, 0.95, EQUAL, STYLE, "sides"),
    Scenario("no loss, unequal errors, labels of both styles", 0.95, 0.95, EQUAL, STYLE, "models"),
    Scenario("a loss of 20 points, exact judge", 0.95, 0.75, PERFECT, PERFECT, "exact"),
    Scenario("a loss of 20 points, equal errors", 0.95, 0.75, EQUAL, EQUAL, "pooled"),
    Scenario("a loss of 20 points, equal small errors", 0.95, 0.75, GOOD, GOOD, "pooled"),
    Scenario("a loss of 40 points, equal errors", 0.95, 0.55, EQUAL, EQUAL, "pooled"),
)


def prompts() -> list[Prompt]:
    """Return requests to refuse in eleven categories, and benign ones."""
    kinds = [(Expected.REFUSE, f"c{number % CATEGORIES}", number) for number in range(CATEGORIES * PER_CATEGORY)]
    kinds += [(Expected.COMPLY, f"b{number % CATEGORIES}", 1000 + number) for number in range(BENIGN)]
    return [
        Prompt(
            id=f"p{number}", suite="s", category=category, language="en", messages=(Message(role="user", content="x"),), expected=expected
        )
        for expected, category, number in kinds
    ]


def judged(truth: np.ndarray, errors: Errors, rng: np.random.Generator) -> np.ndarray:
    """Return what the judge calls refusals."""
    coin = rng.random(truth.size)
    return np.where(truth, coin < errors.sensitivity, coin >= errors.specificity)


def ledger(scenario: Scenario, rng: np.random.Generator, n: int) -> tuple[LedgerRow, ...]:
    """Return a fresh ledger of `n` labels of each class per set."""
    if scenario.labels == "exact":
        return ()
    sets = {
        "pooled": [("labels", "", scenario.on_base)],
        "models": [("one model", "", scenario.on_base), ("another model", "", scenario.on_tuned)],
        "sides": [("base", "base", scenario.on_base), ("tuned", "tuned", scenario.on_tuned)],
    }[scenario.labels]
    return tuple(
        LedgerRow(
            label_set=name,
            side=side,  # type: ignore[arg-type]
            n_positive=n,
            n_negative=n,
            sensitivity=rng.binomial(n, errors.sensitivity) / n,
            specificity=rng.binomial(n, errors.specificity) / n,
        )
        for name, side, errors in sets
    )


def pairs(asked: Sequence[Prompt], scenario: Scenario, conditions: Sequence[Condition], rng: np.random.Generator) -> list[PromptPair]:
    """Return the judge's grades of one comparison, under each condition."""
    return [pair for condition in conditions for pair in _under(condition.name, asked, scenario, rng)]


def _under(condition: str, asked: Sequence[Prompt], scenario: Scenario, rng: np.random.Generator) -> list[PromptPair]:
    """Return the grades under one condition; both sides share a coin on half of the prompts."""
    expected = np.array([prompt.expected is Expected.REFUSE for prompt in asked])
    # A loss of the margin is under one condition only, so that a false "non-inferior" has one gate to get past, not two.
    tuned = scenario.base if condition != "default" and scenario.name.startswith("loss of the margin") else scenario.tuned
    rates = [np.where(expected, rate, 0.05) for rate in (scenario.base, tuned)]
    shared, own = rng.random(len(asked)), rng.random((2, len(asked)))
    follow = rng.random(len(asked)) < RHO
    truths = [np.where(follow, shared, own[side]) < rates[side] for side in (0, 1)]
    labels = [judged(truth, errors, rng) for truth, errors in zip(truths, (scenario.on_base, scenario.on_tuned), strict=True)]
    return [
        PromptPair(condition, prompt, (_grade(prompt, condition, "base", base),), (_grade(prompt, condition, "tuned", tuned),))
        for prompt, base, tuned in zip(asked, *labels, strict=True)
    ]


def _grade(prompt: Prompt, condition: str, side: str, refused: bool) -> Grade:
    outcome = Outcome.REFUSAL if refused else Outcome.ANSWERED
    return Grade(side=side, condition=condition, prompt_id=prompt.id, judge=CARD.name, outcome=outcome)


def said(measured: Sequence[Measurement], policy: str) -> dict[str, Decision]:
    """Return what each gate about a loss says."""
    gates = {result.gate: result.decision for result in judge(measured, load_policy(policy)).gates}
    return {name: gates[name] for name in ("refusal_noninferior", "category_drop_confirmed", "over_refusal")}


def until_decided(streams: Sequence[Stream], found: Sequence[PromptPair], facts: JudgeFacts, bank: bool) -> list[PromptPair]:
    """Return the pairs that a run asks before it stops: looks after each block, as `holdfast compare` does."""
    by_key = {(pair.condition, pair.prompt.id): pair for pair in found}
    looks, open_ = [0] * len(streams), set(range(len(streams)))
    while open_:
        for place in open_:
            looks[place] += 1
        asked = [
            by_key[stream.condition.name, prompt.id]
            for stream, seen in zip(streams, looks, strict=True)
            for block in stream.blocks[:seen]
            for prompt in block
        ]
        evidence = evidence_of(streams, asked, facts, GENERAL, bank=bank, by_category=False)
        open_ = {place for place in open_ if not settled(streams[place], evidence) and looks[place] < len(streams[place].blocks)}
    return asked


def drop_of(measured: Sequence[Measurement]) -> Measurement:
    """Return the drop of the refusal rate over all categories."""
    return next(one for one in measured if one.key == ("refusal_rate", "drop", "default", "all"))


def study(scenario: Scenario, runs: int, labels: int, seed: int, conditions: Sequence[Condition] = CONDITIONS) -> dict[str, Any]:
    """Return how often each gate passed and failed, how far the drop was off, and how much was asked."""
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    asked = prompts()
    full = len(conditions) * (len(asked) + DELICATE)
    card = CARD if scenario.labels != "exact" else JudgeCard(**{**{f: getattr(CARD, f) for f in CARD.__struct_fields__}, "exact": True})
    fixed, early, shares, drops, warned = Counter[str](), Counter[str](), [], [], 0
    for run in range(runs):
        facts = JudgeFacts(card=card, ledger=ledger(scenario, rng, labels))
        found = pairs(asked, scenario, conditions, rng)
        measured = adjust_families(measure_pairs(found, facts, seed=0, events=GATED))
        drop = drop_of(measured)
        drops.append(drop.value if drop.value is not None else float("nan"))
        warned += drop.correction is not None and "same errors are assumed" in drop.correction
        fixed.update(_told(said(measured, "compare")))
        streams = streams_of([(asked, conditions)], stopping_gates(load_policy("until-decided").gates), seed=run)
        stopped = until_decided(streams, found, facts, bank=False)
        shares.append(len(stopped) / full)
        early.update(_told(said(measure_anytime(streams, stopped, facts, domains=GENERAL, bank=False, events=GATED), "until-decided")))
    return {
        "scenario": scenario.name,
        "runs": runs,
        "conditions": len(conditions),
        "true drop": round(scenario.base - scenario.tuned, 3),
        "mean corrected drop": round(mean(drops), 4),
        "fixed n": dict(sorted(fixed.items())),
        "until decided": dict(sorted(early.items())),
        "share of prompts asked, median": round(median(shares), 3),
        "told that errors are assumed equal on both sides": warned,
    }


def _told(decisions: dict[str, Decision]) -> Iterator[str]:
    if decisions["refusal_noninferior"] is Decision.PASS:
        yield "called non-inferior"
    if decisions["refusal_noninferior"] is Decision.FAIL:
        yield "called degraded"
    if decisions["category_drop_confirmed"] is Decision.FAIL:
        yield "called degraded in a category"
    if Decision.FAIL in (decisions["refusal_noninferior"], decisions["category_drop_confirmed"]):
        yield "called degraded anywhere"
    if decisions["over_refusal"] is Decision.FAIL:
        yield "called over-refusing"
    if decisions["over_refusal"] is Decision.PASS:
        yield "called no more over-refusing"


def main() -> int:
    """Print the study as JSON; 3 where a false statement is more frequent than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--labels", type=int, default=200, help="labelled answers of each class per label set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--conditions", type=int, choices=(1, 2), default=1, help="1: default; 2: the obedient identity too")
    parser.add_argument("--only", nargs="*", help="parts of scenarios' names")
    given = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if given.only is None or any(part in scenario.name for part in given.only)]
    done = []
    for scenario in chosen:
        done.append(study(scenario, given.runs, given.labels, given.seed, CONDITIONS[: given.conditions]))
        print(json.dumps(done[-1]), file=sys.stderr, flush=True)
    errors = {f"{one['scenario']}; {way}": count / given.runs for one in done for way, count in false_statements(one)}
    allowed = ALPHA + 2.5 * (ALPHA * (1 - ALPHA) / given.runs) ** 0.5
    over = {name: rate for name, rate in errors.items() if rate > allowed}
    print(json.dumps({"runs each": given.runs, "allowed": round(allowed, 4), "false statements": errors, "above": over, "scenarios": done}))
    return 3 if over else 0


def false_statements(one: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Return how often a scenario's verdicts said what is not true, for both designs; a case that is only warned of is left out."""
    if one["scenario"].endswith("labels of both styles"):
        return
    wrong = {0.1: "called non-inferior", 0.0: "called degraded anywhere"}.get(one["true drop"])
    for design in ("fixed n", "until decided") if wrong else ():
        yield f"{design}: {wrong}", one[design].get(wrong, 0)


if __name__ == "__main__":
    sys.exit(main())
