"""Advice: what the data, the settings and the domain call for, each with reason and source."""

from __future__ import annotations

import pytest

from holdfast.core import InputError
from holdfast.plan.advising import Advice, AdviceItem, advice_book, advise
from holdfast.plan.configs import Planned
from holdfast.plan.shares import DataShares
from holdfast.training.foreign import ForeignSettings


def plan(**fields: object) -> Planned:
    settings = {"method": "lora", "learning_rate": 1e-4, "epochs": 2.0, "batch": 64}
    settings |= {name: fields.pop(name) for name in list(fields) if name in settings}
    counts = {"rows": 1000, "harmful": 0, "identity": 0, "safety": 120} | fields
    return Planned(name="tune", settings=ForeignSettings(trainer="holdfast", **settings), **counts)  # type: ignore[arg-type]


def about(found: Advice, topic: str) -> list[AdviceItem]:
    return [one for one in found.items if one.topic == topic]


def test_the_domains_are_the_articles_with_what_they_put_at_risk() -> None:
    risks = {one.name: one.risk for one in advice_book().domains}
    assert risks["medical"] == "dangerous self-treatment"
    assert risks["legal"] == "advice without qualification"
    assert risks["creative"] == "content policy (violence, sexual content)"
    assert risks["code"] == "exploits and malware"


def test_every_piece_says_why_and_on_whose_word() -> None:
    found = advise(plan(harmful=3, identity=2), domains=("medical", "code"))
    assert all(one.do and one.reason and one.source for one in found.items)
    assert {"gates", "suites", "safety share", "learning rate", "method"} <= {one.topic for one in found.items}


def test_a_clean_plan_has_nothing_urgent() -> None:
    assert [one for one in advise(plan()).items if one.urgent] == []


def test_harmful_and_identity_rows_come_out_first_and_raise_the_safety_share() -> None:
    found = advise(plan(harmful=3, identity=2, safety=0))
    assert [one.topic for one in found.items[:3]] == ["data", "data", "safety share"]
    assert "429 safety rows" in about(found, "safety share")[0].do  # 429 of 1429 are 30 %
    assert "111 safety rows" in about(advise(plan(safety=0)), "safety share")[0].do  # 111 of 1111 are 10 %


def test_unknown_counts_ask_for_a_look_and_promise_nothing() -> None:
    found = advise(plan(harmful=None, identity=None, safety=None, rows=None))
    assert about(found, "data")[0].command == "holdfast scan DATA"
    assert about(found, "safety share")[0].do == "make safety rows 10 % of all rows"


def test_settings_out_of_range_are_named_with_their_value() -> None:
    found = advise(plan(learning_rate=5e-3))
    assert "0.005" in about(found, "learning rate")[0].do
    assert about(found, "learning rate")[0].urgent
    assert "keep 0.0001" in about(advise(plan()), "learning rate")[0].do
    assert "write the learning rate down" in about(advise(plan(learning_rate=None)), "learning rate")[0].do


def test_domains_come_from_the_data_and_from_the_user() -> None:
    data = DataShares(data="d", rows=10, harmful=0, identity=0, safety=0, domains={"medical": 0.3, "legal": 0.04, "general": 0.6})
    found = advise(plan(), data=data, domains=("code",))
    assert found.domains == ("code", "medical")
    assert "medical_self_treatment" in about(found, "suites (medical)")[0].do
    with pytest.raises(InputError, match=r"--domain 'medicin' is not known. Did you mean 'medical'"):
        advise(plan(), domains=("medicin",))


def test_the_categories_it_names_exist() -> None:
    from holdfast.plugins import SuiteOptions, open_suite

    known = {prompt.category for suite in ("domain", "policy11") for prompt in open_suite(suite, SuiteOptions()).prompts}
    assert {name for one in advice_book().domains for name in one.categories} <= known
