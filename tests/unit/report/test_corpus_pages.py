"""The pages of a canary monitor and of a sample audit: what they say, and that hostile names stay text."""

from __future__ import annotations

import pytest

from holdfast.canaries import NullTest
from holdfast.corpus.monitor_facts import CanaryMonitoring, GroupLook, MonitoredLook
from holdfast.corpus.monitor_null import AlarmRule
from holdfast.corpus.sampling import DefectEstimate, SampledSource
from holdfast.corpus.sampling.facts import SampleAudit
from holdfast.report.corpus_monitor_html import monitor_html
from holdfast.report.corpus_monitor_view import build_monitor_view
from holdfast.report.corpus_sample_html import sample_html

HOSTILE = "<script>alert(1)</script>"


def look(step: int, bits: float, *, line: float | None = 4.4) -> MonitoredLook:
    groups = tuple(
        GroupLook(copies=copies, n=4, bits=value, low=value - 0.5, high=value + 0.5, line=line) for copies, value in ((1, 1.4), (64, bits))
    )
    return MonitoredLook(
        step=step,
        reference=f"out/{HOSTILE}-{step}",
        fingerprint="f" * 64,
        groups=groups,
        alarm=line is not None and bits > line,
        stands_out=64,
        upwards=False,
        mean=bits,
        mean_line=line,
        reachable=True,
        false_alarms=0.001,
        controls=NullTest(p=0.5, n=8, mean=1.5),
        told_apart=1.0,
    )


def monitoring(*looks: MonitoredLook, rule: AlarmRule | None = None) -> CanaryMonitoring:
    first = next((one for one in looks if one.alarm), None)
    return CanaryMonitoring(
        title=HOSTILE,
        outcome="alarm" if first else "quiet" if looks else "undecided",
        why="At step 300 they are remembered." if first else "No canary stands out.",
        alarm_step=first.step if first else None,
        canaries=8,
        controls=8,
        manifest_sha256="a" * 64,
        rule=rule or AlarmRule(),
        looks=looks,
        measurements=(),
        notes=(HOSTILE,),
        command="holdfast corpus monitor out",
        version="0",
        seed=0,
    )


def test_the_alarm_is_said_drawn_and_explained() -> None:
    page = monitor_html(monitoring(look(100, 1.5), look(200, 2.0), look(300, 6.2)))
    assert "ALARM." in page
    for text in ("300 (alarm)", "6.2 (5.7 to 6.7)", "64 copies", "alarm line", "at most 5", "99,999"):
        assert text in page, text
    assert HOSTILE not in page
    assert page == monitor_html(monitoring(look(100, 1.5), look(200, 2.0), look(300, 6.2)))


@pytest.mark.parametrize("looks", [(), (look(5, 1.0, line=None),), tuple(look(step, 1.4) for step in range(0, 30_000, 250))])
def test_no_look_one_look_and_many_looks_can_be_shown(looks: tuple[MonitoredLook, ...]) -> None:
    page = monitor_html(monitoring(*looks))
    assert ("UNDECIDED" if not looks else "QUIET") in page
    assert ("<svg" in page) == bool(looks)


def test_a_fixed_line_says_how_often_it_would_be_false() -> None:
    view = build_monitor_view(monitoring(look(100, 1.5), rule=AlarmRule(bits=5.0)))
    assert "reaches 5 bits" in view.rule
    assert "0.1" in view.rule


def test_a_sample_page_shows_what_was_found_and_what_was_not() -> None:
    source = SampledSource(
        name=HOSTILE, design="two stages", shards=90, bytes=10**9, shards_read=40, draws=50, rows=100, documents=1e6, unreadable=3
    )

    def share(defect: str, value: float, hits: int) -> DefectEstimate:
        return DefectEstimate(
            defect=defect,
            source="all",
            share=value,
            low=value / 2,
            high=value + 0.03,
            confidence=0.95,
            documents=value * 1e6,
            documents_low=value * 5e5,
            documents_high=(value + 0.03) * 1e6,
            hits=hits,
            n=100,
            effective_n=50.0,
            method="m",
        )

    audit = SampleAudit(
        title=HOSTILE,
        n=100,
        documents=1e6,
        exact=False,
        sources=(source,),
        estimates=(share("filter: any", 0.2, 20), share("detector: secret", 0.0, 0)),
        labelled=(share(HOSTILE, 0.1, 5),),
        labelled_rows=50,
        confidence=0.95,
        notes=("Duplicates cannot be told.",),
        command="",
        version="0",
        seed=0,
    )
    page = sample_html(audit)
    assert HOSTILE not in page
    for text in (
        "about 1,000,000 documents",
        "200,000",
        "50 of 100 rows were labelled",
        "1 defects",
        "50 draws of 90 shards",
        "Duplicates cannot",
    ):
        assert text in page.replace("\u00a0", " "), text
