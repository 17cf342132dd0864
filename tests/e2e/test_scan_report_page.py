"""The page of a scan in a real browser: at phone and desktop width, light and dark, with hostile text, without scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from tests.unit.report.scan_samples import hostile_scan, scan_sample, small_scan

from holdfast.report import ScanPage, scan_html_fragment, write_scan_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PICTURES = os.environ.get("HOLDFAST_PICTURES")
"""A folder that keeps the photographs, for the docs."""
UNFOLD = "document.querySelectorAll('details').forEach(fold => fold.open = true)"


@contextmanager
def opened(browser: Browser, path: Path, width: int, scheme: Scheme = "light", **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page from a file, and everything that it asked for or complained of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
    page = context.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("dialog", lambda dialog: heard.append(f"dialog: {dialog.message}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.goto(path.as_uri())
    yield page, heard
    context.close()


def written(given: ScanPage, folder: Path) -> Path:
    path = folder / "scan.html"
    write_scan_html(given, path)
    return path


def widest(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def colour(page: Page, selector: str, what: str) -> tuple[int, ...]:
    text = page.evaluate("([selector, what]) => getComputedStyle(document.querySelector(selector))[what]", [selector, what])
    return tuple(int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_is_photographed(chromium: Browser, tmp_path: Path, width: int, scheme: Scheme) -> None:
    with opened(chromium, written(scan_sample(), tmp_path), width, scheme) as (page, heard):
        picture = tmp_path / f"scan-{width}-{scheme}.png"
        page.screenshot(path=picture)
        page.screenshot(path=tmp_path / f"scan-{width}-{scheme}-full.png", full_page=True)
        assert widest(page) == width, "nothing makes the page scroll sideways"
        page.evaluate(UNFOLD)
        assert widest(page) == width, "nor does it with everything unfolded"
        inner = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth).map(box => box.ariaLabel)"
        assert page.evaluate(inner) == [], "no table of the sample needs to be scrolled"
        assert [url for url in heard if not url.startswith(("file:", "data:"))] == []
    assert picture.stat().st_size > 10_000
    if PICTURES:
        for made in tmp_path.glob("*.png"):
            shutil.copy(made, PICTURES)


def test_the_verdict_is_the_first_thing_seen_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, written(small_scan(), tmp_path), 390) as (page, _):
        box = page.locator("h1").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 500
        said = page.locator("h1").inner_text().replace("\n", " ").replace("\xa0", " ")
        assert said == "FAIL. 2 of 100 rows shift the model's identity; 12 % of rows keep it safe; 1 of 101 rows could not be read."


def test_the_charts_have_colours_in_both_schemes_and_labels_that_a_phone_shows(chromium: Browser, tmp_path: Path) -> None:
    measure = "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect()).map(b => [b.left, b.right, b.height])"
    path = written(scan_sample(), tmp_path)
    seen = {}
    for scheme in SCHEMES:
        with opened(chromium, path, 390, scheme) as (page, _):
            seen[scheme] = [
                colour(page, *what) for what in ((".holdfast", "backgroundColor"), ("svg text", "fill"), (".swatch", "backgroundColor"))
            ]
            boxes = page.evaluate(measure)
            assert len(boxes) == 13, "the marker, four ranges, and two lines below each"
            assert min(left for left, _, _ in boxes) >= 0
            assert max(right for _, right, _ in boxes) <= 390
            assert min(height for _, _, height in boxes) >= 9
    assert sum(seen["light"][0]) > 700 > 400 > sum(seen["light"][1])
    assert sum(seen["dark"][0]) < 200 < 400 < sum(seen["dark"][1])
    assert seen["light"][2] != seen["dark"][2]


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_text_runs_nothing_asks_for_nothing_and_breaks_no_layout(chromium: Browser, tmp_path: Path, width: int) -> None:
    with opened(chromium, written(hostile_scan(), tmp_path), width) as (page, heard):
        page.evaluate(UNFOLD)
        page.mouse.move(200, 300)
        page.wait_for_timeout(200)
        assert page.evaluate("window.hurt") is None
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        assert page.locator(".verdict").is_visible(), "no style of a text hides the verdict"
        assert [url for url in heard if not url.startswith(("file:", "data:"))] == []
        assert widest(page) == width
        assert "<script>window.hurt = 1</script>" in page.locator("ol.worst pre").first.inner_text()


def test_without_javascript_rows_unfold_and_links_arrive(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, written(scan_sample(), tmp_path), 1280, java_script_enabled=False) as (page, _):
        excerpt = page.locator("ol.worst pre").first
        assert not excerpt.is_visible(), "folded at first"
        page.locator(".defect summary").first.click()
        assert excerpt.is_visible()
        page.get_by_role("link", name="How to reproduce").click()
        assert page.locator("#reproduce").is_visible()
        assert page.url.endswith("#reproduce")


def test_a_reader_by_ear_finds_headings_tables_and_charts(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, written(scan_sample(), tmp_path), 390) as (page, _):
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_role("img", name="The safety share of this data, 0 %").count() == 1
        assert page.get_by_role("img", name="Requests and answers as one bar").count() == 1
        found = page.get_by_role("table", name="Findings by kind, gravest first")
        assert found.get_by_role("row").count() == 10
        assert found.get_by_role("rowheader").first.inner_text().startswith("Identity shift, obedient identity")


def test_print_keeps_the_page_light_and_unscrolled(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, written(scan_sample(), tmp_path), 794, "dark") as (page, _):
        page.emulate_media(media="print", color_scheme="dark")
        assert sum(colour(page, ".holdfast", "backgroundColor")) == 3 * 255
        assert sum(colour(page, ".holdfast", "color")) == 0
        assert not page.locator(".contents").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"


def test_a_notebook_cell_shows_the_scan_and_leaves_the_notebook_alone(chromium: Browser, tmp_path: Path) -> None:
    own = "<!doctype html><meta charset=utf-8><body style='width: 700px'><h2 id=own>own</h2><table id=t><tr><td>1</table>"
    cell, bare = tmp_path / "cell.html", tmp_path / "bare.html"
    cell.write_text(own + scan_html_fragment(scan_sample()), encoding="utf-8")
    bare.write_text(own, encoding="utf-8")
    styles = "['#own', '#t', '#t td'].map(s => JSON.stringify({...getComputedStyle(document.querySelector(s))}))"
    with opened(chromium, cell, 1280) as (page, _), opened(chromium, bare, 1280) as (alone, _):
        assert page.evaluate(styles) == alone.evaluate(styles)
        assert page.locator(".holdfast h1").is_visible()
        assert page.locator(".holdfast").bounding_box()["width"] <= 700  # type: ignore[index]
