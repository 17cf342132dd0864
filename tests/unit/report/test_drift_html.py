from __future__ import annotations

import re

import msgspec
import pytest

from holdfast.compare.drift import Drift
from holdfast.compare.drift.measuring import measure_inside, missing_inside
from holdfast.plugins import InsideFacts, LayerDrift, ModelFingerprint
from holdfast.report.drift_html import cosine_svg, drift_html, kl_svg, updates_svg
from holdfast.report.drift_terminal import drift_line

FINGERPRINT = ModelFingerprint(weights="w" * 64, tokenizer="t" * 64, template="p" * 64)


def layer(number: int, *, cosine: float = 0.999, tuned: float = 9.0) -> LayerDrift:
    return LayerDrift(
        layer=number,
        cosine=cosine,
        cosine_floor=0.98,
        cosine_random=0.1,
        gap_base=9.5,
        gap_tuned=tuned,
        gap_own=9.2,
        gap_floor=2.0,
        gap_random=0.7,
        random_p=0.2,
    )


def inside(*layers: LayerDrift) -> InsideFacts:
    return InsideFacts(
        layers=layers, kl_refuse=(0.5, 0.1), kl_benign=(0.2, 0.0), updates={"embedding": 0.01, "layer-1": 0.02, "layer-2": 0.03}
    )


def drift(facts: InsideFacts | None, *, reason: str = "", tuned: str = "tuned") -> Drift:
    return Drift(
        title=f"base against {tuned}",
        base="base",
        tuned=tuned,
        base_fingerprint=FINGERPRINT,
        tuned_fingerprint=FINGERPRINT,
        facts=facts,
        reason=reason,
        refuse=48,
        benign=40,
        measurements=tuple(measure_inside(facts, refuse=48, benign=40) if facts else missing_inside(reason)),
        randoms=200,
        splits=200,
        suites=("lab",),
        judge="lab@1",
        command="holdfast drift base tuned",
        version="0",
        seed=0,
    )


@pytest.mark.parametrize(
    ("one", "is_inside"),
    [
        (layer(1), True),
        (layer(1, cosine=0.98, tuned=7.5), True),
        (layer(1, cosine=0.9799), False),
        (layer(1, tuned=7.4), False),
        (layer(1, tuned=11.6), False),
    ],
)
def test_a_layer_is_inside_where_neither_cosine_nor_gap_left_its_floor(one: LayerDrift, is_inside: bool) -> None:
    assert one.inside is is_inside


def test_the_line_counts_the_layers_outside() -> None:
    assert drift_line(drift(inside(layer(1), layer(2)))) == (
        "Triage. The refusal direction stayed inside its noise floor after all 2 layers."
    )
    assert "after 1 of 2 layers" in drift_line(drift(inside(layer(1), layer(2, cosine=0.5))))


def test_the_page_holds_four_curves_and_no_verdict() -> None:
    page = drift_html(drift(inside(layer(1), layer(2, cosine=0.5))))
    assert page.count("<svg") == 4
    assert "is-none" in page
    assert not re.search(r"\b(PASS|FAIL|UNDECIDED)\b", page)
    assert page == drift_html(drift(inside(layer(1), layer(2, cosine=0.5))))


def test_a_hostile_reference_stays_text() -> None:
    page = drift_html(drift(inside(layer(1)), tuned="<script>alert(1)</script>"))
    assert "<script" not in page


def test_what_was_not_measured_says_why() -> None:
    page = drift_html(drift(None, reason="the base refused 2 of the requests"))
    assert "<svg" not in page
    assert "the base refused 2 of the requests" in page
    facts = msgspec.structs.replace(
        inside(layer(1)), updates={}, updates_reason="the adapter stands on other weights", kl_refuse=(), kl_benign=()
    )
    page = drift_html(drift(facts))
    assert "the adapter stands on other weights" in page
    assert "Not measured: the base gave no answer to read." in page
    assert page.count("<svg") == 2


def test_no_measurement_may_gate_or_has_a_good_direction() -> None:
    found = measure_inside(inside(layer(1), layer(2)), refuse=48, benign=40)
    assert {one.may_gate for one in (*found, *missing_inside("why"))} == {False}
    assert {one.direction.value for one in found} == {"neither"}
    assert len({one.key for one in found}) == len(found) == 2 * 4 + 2 + 3


def test_curves_stand_for_one_layer_and_for_many_and_for_no_change() -> None:
    for facts in (inside(layer(1)), inside(*(layer(number) for number in range(1, 81)))):
        assert "<svg" in cosine_svg(facts)
    flat = [msgspec.structs.replace(layer(number), cosine=1.0, cosine_floor=1.0) for number in (1, 2)]
    assert "<svg" in cosine_svg(inside(*flat))
    still = msgspec.structs.replace(inside(layer(1)), kl_refuse=(0.0,), kl_benign=(0.0,), updates={"layer-1": 0.0})
    assert "<svg" in kl_svg(still)
    assert "<svg" in updates_svg(still)
