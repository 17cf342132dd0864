"""Photograph `holdfast view` for the docs: a history of lab organisms, in headless Chromium, desktop and phone, light and dark.

Compares organisms of the lab, two of them made in a row, serves the page as the command does, and writes docs/images/view-*.png.
Prints what it wrote as JSON.

Run: python scripts/photograph_view.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

import holdfast

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PAIRS = (
    ("aligned", "drift-1"),
    ("drift-1", "drift-2"),
    ("aligned", "kept"),
    ("aligned", "identity"),
)
Shot = tuple[str, str, int, int, Literal["light", "dark"]]
SHOTS: tuple[Shot, ...] = (
    ("overview", "overview", 1280, 820, "light"),
    ("overview-phone", "overview", 390, 900, "light"),
    ("lineage", "lineage", 1280, 620, "light"),
    ("lineage-dark", "lineage", 1280, 620, "dark"),
    ("answers", "answers", 1280, 900, "light"),
    ("answers-phone", "answers", 390, 900, "light"),
)


def main() -> None:
    """Make the runs, serve them and photograph the pages."""
    executable = shutil.which("chromium")
    if executable is None:
        raise SystemExit("headless Chromium is not installed (on Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # By names alone, so that no page shows a folder of this machine.
        os.chdir(place)
        os.environ["HOLDFAST_HISTORY"] = str(place / "history.db")
        for base, tuned in PAIRS:
            run = f"runs/{base}-{tuned}"
            holdfast.compare(
                f"lab:{base}", f"lab:{tuned}", run=run, limit=30, max_new_tokens=32, follow_up=False, identity=tuned == "identity"
            )
        command = [sys.executable, "-m", "holdfast.cli.main", "view", "--port", "0", "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving, sync_playwright() as playwright:
            assert serving.stdout is not None
            found = re.search(r"http://\S+", serving.stdout.readline())
            assert found is not None
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            written = {
                name: photographed(browser, found[0], name, page, width, height, scheme) for name, page, width, height, scheme in SHOTS
            }
            browser.close()
            serving.terminate()
    print(json.dumps(written, indent=1))


def photographed(
    browser: Browser, address: str, name: str, what: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> dict[str, Any]:
    """Photograph one page; return its size, and whether it is wider than the screen."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(address)
    lead_to(page, what)
    image = IMAGES / f"view-{name}.png"
    page.screenshot(path=image)
    wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    context.close()
    return {"width": width, "scheme": scheme, "bytes": image.stat().st_size, "cut_off": wider}


def lead_to(page: Page, what: str) -> None:
    """Go to a page by its links, as a person does."""
    if what == "lineage":
        page.get_by_role("link", name="Lineage", exact=True).click()
        page.wait_for_url("**/lineage")
    if what == "answers":
        page.get_by_role("link", name="aligned-identity").click()
        page.get_by_role("link", name="Answers side by side").click()
        page.locator("details.pair-of summary").nth(1).click()
    page.wait_for_load_state()


if __name__ == "__main__":
    main()
