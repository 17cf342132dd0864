"""Who was asked what, by whom it was judged, and how to do it again."""

from __future__ import annotations

from holdfast.plugins.judges import JudgeCard
from holdfast.report.hostile import line
from holdfast.report.inputs import JudgeFacts, LedgerRow, ModelFacts, ReportInput, SuiteFacts
from holdfast.report.page import Fact, JudgeView, SideView, SuiteView
from holdfast.report.wording import decimals_that_show_the_side, heading, label, percent

__all__ = ["judge_view", "settings", "side_view", "suite_view"]


def judge_view(judge: JudgeFacts) -> JudgeView:
    """Return a judge's card with its measured errors."""
    card = judge.card
    return JudgeView(
        title=line(card.title),
        name=line(card.name),
        facts=(
            Fact(name="Languages", text=line(", ".join(card.languages)) or "not stated"),
            Fact(name="Tells harm", text=_tells_harm(card)),
            Fact(name="May gate", text="yes" if card.may_gate else "no: a replication judge, whose numbers no policy may decide on"),
        ),
        blind_spots=tuple(line(spot, limit=300) for spot in card.blind_spots),
        ledger=tuple(_ledger_row(row) for row in judge.ledger),
        ledger_note=_ledger_note(judge),
    )


def _tells_harm(card: JudgeCard) -> str:
    if card.tells_harm:
        return "yes: it tells a safe answer from a harmful one"
    return "no: it says refused, answered or degenerate; the harmful rate is only bounded by it"


def _ledger_note(judge: JudgeFacts) -> str:
    if judge.ledger:
        return (
            "Sensitivity is the share of the positive label that the judge finds, specificity the share of all others that it leaves alone."
        )
    return "Makes no errors by construction." if judge.card.exact else "Its error rates were not measured: no labelled set was given."


def _ledger_row(row: LedgerRow) -> tuple[str, str, str, str]:
    name = line(row.label_set, limit=80) + (f" ({line(row.note, limit=160)})" if row.note else "")
    return (
        name,
        f"{row.n_positive} {label(row.positive)}, {row.n_negative} other",
        _rate(row.sensitivity, row.sensitivity_low, row.sensitivity_high, row.confidence),
        _rate(row.specificity, row.specificity_low, row.specificity_high, row.confidence),
    )


def _rate(value: float | None, low: float | None, high: float | None, confidence: float) -> str:
    if value is None:
        return "not measured: no such label in the set"
    text = f"{_tenth(value)} %"
    return text if low is None or high is None else f"{text} ({percent(confidence)} interval {_tenth(low)} to {_tenth(high)})"


def _tenth(share: float) -> str:
    return decimals_that_show_the_side(share, 0.0, 1.0, least=1, scale=100)


def suite_view(suite: SuiteFacts) -> SuiteView:
    """Return a prompt set's card."""
    return SuiteView(
        title=line(suite.title or suite.name),
        facts=(
            Fact(name="Name, version, licence", text=f"{line(suite.name)} {line(suite.version)}, {line(suite.licence)}"),
            Fact(name="Prompts", text=f"{suite.n} under each system prompt; languages: {line(', '.join(suite.languages)) or 'not stated'}"),
            Fact(name="Digest", text=line(suite.digest), is_digest=True),
        ),
        limits=tuple(line(limit, limit=300) for limit in suite.limits),
    )


def side_view(role: str, model: ModelFacts) -> SideView:
    """Return a model's reference and fingerprints."""
    facts = [Fact(name=heading(name), text=line(text, limit=200)) for name, text in model.details.items()]
    print_of = model.fingerprint
    if print_of is None:
        facts.append(Fact(name="Fingerprint", text="not known: nothing was loaded that could be fingerprinted"))
    else:
        digests = {"Weights": print_of.weights, "Adapter": print_of.adapter, "Tokenizer": print_of.tokenizer, "Template": print_of.template}
        facts += [Fact(name=name, text=line(digest or "none"), is_digest=True) for name, digest in digests.items()]
    return SideView(role=role, reference=line(model.reference, limit=300), facts=tuple(facts))


def settings(given: ReportInput) -> tuple[Fact, ...]:
    """Return how tokens were chosen, the seed and the version."""
    facts = []
    if given.sampling is not None:
        greedy = given.sampling.temperature == 0
        facts.append(Fact(name="Temperature", text="0 (greedy)" if greedy else f"{given.sampling.temperature:g}"))
        if not greedy:
            facts.append(Fact(name="Top p", text=f"{given.sampling.top_p:g}"))
            facts.append(Fact(name="Sampling seed", text=str(given.sampling.seed)))
        facts.append(Fact(name="Most new tokens", text=str(given.sampling.max_new_tokens)))
        facts.append(Fact(name="Responses per prompt and side", text=str(given.samples)))
    facts.append(Fact(name="Seed", text=str(given.seed)))
    if given.version:
        facts.append(Fact(name="Holdfast", text=line(given.version, limit=40)))
    verdict = given.verdict
    strict = ", strict" if verdict.strict else ""
    facts.append(Fact(name="Policy", text=f"{line(verdict.policy)}{strict}"))
    facts.append(Fact(name="Policy digest", text=line(verdict.policy_digest), is_digest=True))
    return tuple(facts)
