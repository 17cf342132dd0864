"""What all tests share: a headless browser, and the rule that CI may not skip what needs a browser or a server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MUST_RUN_IN_CI = ("browser", "server")
"""Markers of tests that may be skipped on a bare machine and may not be skipped where CI=true."""
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI where the test's marker says that it must run there."""
    report = yield
    needs = [marker for marker in MUST_RUN_IN_CI if item.get_closest_marker(marker)]
    if report.skipped and needs and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"A test marked {', '.join(needs)} may not be skipped where CI=true. It was: {reason}"
    return report


@pytest.fixture(autouse=True)
def _no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep runs of tests out of the history of whoever runs them; tests of the history name a database of their own."""
    monkeypatch.setenv("HOLDFAST_HISTORY", "off")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, the system's own; skips the test with the reason where there is none. Use with the marker `browser`."""
    executable = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("headless Chromium is not installed (on Debian: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        # Chromium refuses its own sandbox to root, which is who runs tests in a container.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()
