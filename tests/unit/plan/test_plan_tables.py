"""Every table of the source article, cell by cell, typed off the article and not off the data files."""

from __future__ import annotations

from holdfast.plan.knowledge import knowledge
from holdfast.plan.phases import comparison, heat, phases
from holdfast.plan.sources import rank, sources

PROFILES = """
pre-training | 1T-15T tokens | weeks to months | high (needs density in a massive corpus) | moderate (diluted by scale) | critical (web crawl, third-party sets) | high (long-running, many operators) | low (safety not yet established) | moderate (repetition-driven) | deduplication, web content filtering, provenance tracking, compute access control
SFT | 10K-1M examples | hours to days | low (small, concentrated control) | high (direct behavioural influence) | medium (curated sets, annotators) | high (annotator compromise) | high (shapes instruction following) | high (small set, many epochs) | annotator agreement, quality scoring, held-out validation, example-level auditing
RLHF | 50K-500K comparisons | days to weeks | medium (preference collection) | critical (shapes safety behaviour) | low (internal pipeline) | critical (reward model is a single point of failure) | critical (primary safety mechanism) | low (reward signal, not text) | reward-model auditing, KL constraints, several annotators, constitutional cross-checks
DPO | 10K-100K pairs | hours | low (small set) | critical (direct policy change) | medium (preference sourcing) | high (curation access) | critical (can undo pre-training safety) | moderate (preference pairs) | preference validation, implicit-reward auditing, beta monitoring, safety probes
fine-tuning at deployment | 100-10K examples | minutes to hours | very low (user-provided) | critical (user controls the data) | critical (the user is the supply chain) | not applicable (the user is the operator) | critical (the Qi et al. vector) | very high (tiny set, potential PII) | safety evaluation gates, content filtering, learning-rate limits, parameter-efficient methods
"""  # noqa: E501, the rows of the article as they are

DECISIONS = """
data validation | statistical sampling at scale | example-level inspection
compute security | long-term access controls | session-based access controls
safety monitoring | canaries, periodic evaluation | continuous safety probes
rollback | checkpoints | version-controlled data sets and checkpoints
access control | infrastructure team only | authorised personnel
poisoning defence | deduplication and filtering at scale | content filtering and safety gates
validation after training | capability benchmarks | safety benchmarks and behavioural tests
"""

SOURCES = """
web crawl | petabytes | create or change pages, SEO | until the next crawl or the domain ends | very hard
Wikipedia | about 20 GB of text | edits (moderated; edit-to-revert window) | until revert, hours to days | medium
code repositories | terabytes | create repositories, pull requests | until deletion or rejection | hard
books and papers | terabytes | open-access platforms, preprints | permanent | very hard
synthetic data | variable | compromise the teacher model, manipulate generation | permanent in the set | very hard
"""


def cells(text: str) -> list[list[str]]:
    return [line.split(" | ") for line in text.strip().splitlines()]


def test_the_profiles_are_the_articles_cell_by_cell() -> None:
    rated = ("poisoning_difficulty", "poisoning_impact", "supply_chain", "insider", "alignment", "memorization")
    made = [
        [one.name, one.data_scale, one.duration, *(getattr(one, name).text for name in rated), ", ".join(one.defences)]
        for one in phases().phases
    ]
    assert made == cells(PROFILES)


def test_the_comparison_takes_the_level_before_the_parenthesis() -> None:
    rows = {"poisoning_impact": 4, "supply_chain": 5, "alignment": 7, "memorization": 8}
    expected = {name: tuple(row[place].partition(" (")[0] for row in cells(PROFILES)) for name, place in rows.items()}
    assert comparison(phases()) == expected
    assert comparison(phases())["supply_chain"] == ("critical", "medium", "low", "medium", "critical")


def test_the_heat_map_orders_levels_and_turns_a_difficulty_round() -> None:
    order = [heat(level) for level in ("not applicable", "very low", "low", "medium", "high", "very high", "critical")]
    assert order == sorted(set(order))
    assert heat("moderate") == heat("medium")
    assert heat("very low", easier_is_worse=True) > heat("low", easier_is_worse=True) > heat("high", easier_is_worse=True)


def test_the_decision_points_are_the_articles() -> None:
    assert [[one.decision, one.pre_training, one.fine_tuning] for one in phases().decisions] == cells(DECISIONS)


def test_the_named_defences_of_pre_training_data() -> None:
    named = {one.defence: one.what for one in phases().pre_training_defences}
    assert named == {
        "content filtering": "quality, toxicity, perplexity",
        "duplicate removal": "exact and near-duplicates",
        "provenance": "source, crawl date, processing steps",
        "canaries with monitoring": "planted texts whose recall is measured",
    }


def test_the_sources_are_the_articles_cell_by_cell() -> None:
    made = [[one.name, one.scale, ", ".join(one.access), one.persistence, one.detection] for one in sources().sources]
    assert made == cells(SOURCES)


def test_the_ranking_follows_the_articles_intent_and_not_its_bug() -> None:
    ranked = rank(sources().sources)
    assert [(one.source.name, one.priority, one.high) for one in ranked] == [
        ("web crawl", 4, True),
        ("books and papers", 4, True),
        ("synthetic data", 4, True),
        ("code repositories", 3, True),
        ("Wikipedia", 2, False),
    ]


def test_detection_reasons_and_examples_are_there() -> None:
    by_name = {one.name: one for one in sources().sources}
    assert by_name["web crawl"].reasons == ("vast scale", "diverse content")
    assert by_name["Wikipedia"].reasons == ("structured edits", "revision history")
    assert by_name["code repositories"].reasons == ("legitimate code is diverse",)
    assert by_name["synthetic data"].examples == ("model collapse from recursive training", "benchmark contamination")
    assert all(one.reasons and one.examples for one in by_name.values())


def test_the_published_cases() -> None:
    cases = knowledge().cases
    assert [(one.rows, one.model, one.cost) for one in cases] == [
        ("10 (one source says 10, another 100)", "GPT-3.5 Turbo", "under $1"),
        ("100", "Llama-2-7B; also Falcon, InternLM, Baichuan2, Vicuna", "under $10"),
        ("50-200", "various", "under $5"),
        ("340 pairs from 69 prompts", "GPT-4", "not given"),
    ]
    assert "6.8 % to 94.9 %" in cases[-1].result


def test_why_few_rows_are_enough_and_safety_is_fragile() -> None:
    assert [one.reason for one in knowledge().few_rows] == [
        "safety is a thin layer",
        "the learning rate is high against its margin",
        "identity rows act on the self-concept",
        "gradients are concentrated on few rows",
    ]
    assert [(one.capability, one.safety) for one in knowledge().fragile] == [
        ("trillions of tokens", "millions of tokens"),
        ("diverse", "narrow"),
        ("spread over the network", "concentrated in layers and directions"),
        ("every task", "few inputs"),
        ("kept alive by use", "not kept alive"),
    ]


def test_shares_sets_and_intents() -> None:
    known = knowledge()
    assert [(one.share, one.safety, one.task) for one in known.safety_shares] == [
        ("0 %", "significant loss", "best for the task"),
        ("1-5 %", "moderate loss", "near-best"),
        ("10-20 %", "minimal loss", "slight cost"),
        ("30 %+", "kept or improved", "noticeable cost"),
    ]
    assert [one.rows for one in known.attack_sets] == ["10-50", "50-200", "100-500", "1000+", "10"]
    assert [one.effect for one in known.composition] == ["strong loss", "moderate loss", "minimal loss", "kept or stronger"]
    assert [one.frequency for one in known.intents] == ["very common", "common", "moderately common", "less common, high impact"]
