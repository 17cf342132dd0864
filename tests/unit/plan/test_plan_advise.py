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
    assert "112 safety rows" in about(advise(plan(safety=0)), "safety share")[0].do  # 111 of 1111 are a hair below 10 %


@pytest.mark.parametrize(("rows", "harmful", "safety"), [(10, 10, 0), (70, 1, 0), (7, 7, 0), (1000, 0, 20), (333, 2, 11)])
def test_the_safety_rows_reach_the_share(rows: int, harmful: int, safety: int) -> None:
    do = about(advise(plan(rows=rows, harmful=harmful, safety=safety)), "safety share")[0].do
    more, share = int(do.split()[1]), 0.3 if harmful else 0.1
    assert (safety + more) / (rows + more) >= share > (safety + more - 1) / (rows + more - 1)
    assert f"to {100 * (safety + more) / (rows + more):.1f} % of all rows" in do


def test_advice_that_the_estimate_ranks_lower_says_so_and_why() -> None:
    few = plan(rows=10, harmful=10, identity=0, safety=0, method="full", learning_rate=4e-5, epochs=5.0, batch=10)
    reason = about(advise(few), "safety share")[0].reason
    assert "5 rows added make 10 steps of 5" in reason
    assert "plan estimate" not in about(advise(plan(safety=0)), "safety share")[0].reason


def test_one_row_is_one_row_and_all_rows_leave_nothing() -> None:
    assert about(advise(plan(harmful=1)), "data")[0].do == "take the 1 row out that answer what should be refused"
    assert about(advise(plan(rows=3, harmful=3, safety=0)), "data")[0].do.endswith("which leaves nothing to train on")


def test_the_page_counts_what_the_advice_counts() -> None:
    from holdfast.report.plan_advice_view import advice_view

    data = DataShares(data="d", rows=1000, harmful=None, identity=0, safety=120)
    figures = {one.name: one.text for one in advice_view(advise(plan(harmful=10), data=data)).figures}
    assert figures["rows that answer what should be refused"] == "10"


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
