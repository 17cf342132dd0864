"""The page of a sample audit in a real browser on a phone: wide tables scroll by themselves, and show that they do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.corpus.sampling import DefectEstimate, SampledSource
from holdfast.corpus.sampling.facts import SampleAudit
from holdfast.report.corpus_sample_html import write_sample_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def share(defect: str, value: float) -> DefectEstimate:
    return DefectEstimate(
        defect=defect,
        source="all",
        share=value,
        low=value / 2,
        high=value * 2,
        confidence=0.95,
        documents=value * 1e9,
        documents_low=value * 5e8,
        documents_high=value * 2e9,
        hits=round(value * 1000),
        n=1000,
        effective_n=412.0,
        method="m",
    )


def audit() -> SampleAudit:
    source = SampledSource(
        name="crawl", design="two stages", shards=9000, bytes=10**12, shards_read=400, draws=500, rows=1000, documents=1e9, unreadable=3
    )
    return SampleAudit(
        title="crawl",
        n=1000,
        documents=1e9,
        exact=False,
        sources=(source,),
        estimates=(share("filter: c4: too few sentences in lines that C4 keeps", 0.2), share("detector: secret", 0.0)),
        labelled=(share("spam", 0.1),),
        labelled_rows=50,
        confidence=0.95,
        notes=(),
        command="holdfast corpus sample crawl",
        version="0",
        seed=0,
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_wide_tables_scroll_by_themselves(chromium: Browser, tmp_path: Path, width: int) -> None:
    path = tmp_path / "report.html"
    write_sample_html(audit(), path)
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.screenshot(path=tmp_path / f"sample-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.querySelectorAll('table')].every(table => table.parentElement.className === 'scroll')")
    wide = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    assert bool(page.evaluate(f"{wide}.length")) == (width == 390)
    page.evaluate("document.querySelectorAll('.scroll').forEach(box => box.scrollLeft = 9999)")
    ends = f"{wide}.every(box => box.lastElementChild.getBoundingClientRect().right <= box.getBoundingClientRect().right + 1)"
    assert page.evaluate(ends), "the last column comes into sight"
    if width == 390:
        shades = "[...document.querySelectorAll('.scroll')].every(box => getComputedStyle(box).backgroundImage.includes('gradient'))"
        assert page.evaluate(shades), "a shade says that there is more"
        first = "document.querySelector('.scroll thead th').getBoundingClientRect().left"
        assert page.evaluate(first) == page.evaluate("document.querySelector('.scroll').getBoundingClientRect().left")
    page.close()
