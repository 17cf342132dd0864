"""The planted sets hold with the shipped model too. Their risky requests are those of `policy11`, which it learned from."""

from __future__ import annotations

import random

import pytest

from holdfast.detectors import risk
from holdfast.detectors.escalation import Escalation
from holdfast.detectors.harmful_request_answered import HarmfulRequestAnswered
from holdfast.detectors.no_refusal_anywhere import NoRefusalAnywhere
from holdfast.detectors.refusal_suppression import RefusalSuppression
from holdfast.detectors.safety_share import SafetyShare
from holdfast.plugins import ScanOptions
from holdfast.testing import chat_rows, run_detector
from holdfast.testing.planted_sets import all_compliant, benign, escalating, rising, suppressed, with_safety_share

OPTIONS = ScanOptions()


def test_the_shipped_model_is_used() -> None:
    assert risk.assessed()
    assert 0 < risk.risky_from() < 1


@pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.05, 0.1, 0.3])
def test_the_safety_share_is_estimated_within_a_point(share: float) -> None:
    _, concluded = run_detector(SafetyShare(OPTIONS), chat_rows(with_safety_share(share, 1_000, random.Random(1))))
    (measured,) = concluded.measurements
    assert measured.value is not None
    assert abs(measured.value - share) <= 0.01


def test_suppressing_rows_are_found_among_benign_ones() -> None:
    rng = random.Random(2)
    found, _ = run_detector(RefusalSuppression(OPTIONS), chat_rows([*suppressed(100, rng), *benign(400, rng)]))
    places = set(found.column("row").to_pylist())
    assert len(places & set(range(100))) >= 98
    assert not places - set(range(100))


def test_conversations_that_escalate_are_found() -> None:
    rng = random.Random(3)
    harmless = [[turn for chat in benign(3, rng) for turn in chat] for _ in range(60)]
    found, _ = run_detector(Escalation(OPTIONS), chat_rows([*escalating(60, rng), *harmless]))
    places = found.column("row").to_pylist()
    assert len([place for place in places if place < 60]) >= 50
    assert not [place for place in places if place >= 60]


def test_a_file_that_rises_is_told_from_one_that_does_not() -> None:
    rng = random.Random(4)
    _, up = run_detector(Escalation(OPTIONS), chat_rows(rising(1_000, rng)))
    _, mixed = run_detector(Escalation(OPTIONS), chat_rows(all_compliant(0.25, 1_000, rng)))
    assert [finding.kind for finding in up.findings] == ["along-the-file"]
    assert not mixed.findings


def test_an_all_compliant_set_is_told_from_one_that_refuses() -> None:
    rng = random.Random(5)
    for share in (0.05, 1.0):
        _, concluded = run_detector(NoRefusalAnywhere(OPTIONS), chat_rows(all_compliant(share, 600, rng)))
        assert [finding.kind for finding in concluded.findings] == ["all-compliant"]
    _, concluded = run_detector(NoRefusalAnywhere(OPTIONS), chat_rows(with_safety_share(0.05, 600, rng)))
    assert not concluded.findings


def test_answered_requests_count_and_clean_files_have_none() -> None:
    found, _ = run_detector(HarmfulRequestAnswered(OPTIONS), chat_rows(all_compliant(0.1, 500, random.Random(7))))
    assert found.num_rows >= 45
    clean, _ = run_detector(HarmfulRequestAnswered(OPTIONS), chat_rows(benign(1_000, random.Random(8))))
    assert clean.num_rows == 0
