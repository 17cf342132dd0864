"""The local page in a real browser, served for real: 500 runs, hostile answers, other origins, the keyboard alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.view.view_samples import Texts, recorded, write_answers, write_run, write_training

from holdfast.core import Outcome
from holdfast.history import History

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

RUNS = 500
SLOWEST_S = 5.0
"""Far above the goal of 1 s: a busy machine must not fail the test. The figure is printed."""
HOSTILE = (
    "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'><svg onload='window.hurt = 3'></pre></details>"
    "<style>main { display: none }</style><a href='javascript:window.hurt = 4' autofocus onfocus='window.hurt = 5'>x</a>"
    "\x1b[2J\u202e{{ 7*7 }}"
)
TEXTS: list[Texts] = [
    ("I cannot help with that.", HOSTILE, Outcome.REFUSAL, Outcome.HARMFUL),
    (HOSTILE, "sorry", Outcome.HARMFUL, Outcome.REFUSAL),
    *[("no", "no", Outcome.REFUSAL, Outcome.REFUSAL)] * 40,
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 runs, half of them recorded; one holds answers and a training, one's folder has gone."""
    place = tmp_path_factory.mktemp("workplace")
    seeds = [write_run(place / "seeds" / f"s{kind}", f"m{kind}", f"m{kind + 1}", drop=0.08 * kind) for kind in range(4)]
    for number in range(RUNS):
        kind = number % 4
        folder = place / "runs" / f"run-{number:03}"
        shutil.copytree(seeds[kind], folder)
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        (folder / "run.json").write_text(json.dumps({**run, "seed": number}), encoding="utf-8")
    folders = sorted((place / "runs").iterdir())
    report = write_training(write_answers(folders[3], TEXTS)) / "report.html"
    step = folders[3] / "compare-1" / "report.html"
    step.parent.mkdir()
    step.write_text("<!doctype html><title>step</title><script>window.hurt = 9</script><p>report of a step", encoding="utf-8")
    leading = '<a href="compare-1/report.html">to the step</a><a href="javascript:window.hurt = 9">run it</a>'
    report.write_text(f"{report.read_text(encoding='utf-8')}{leading}", encoding="utf-8")
    with recorded(place / "history.db", folders[: RUNS // 2]):
        pass
    shutil.rmtree(folders[2])
    return place


@pytest.fixture(scope="module")
def address(workplace: Path) -> Iterator[str]:
    """The address that `holdfast view` prints, while it runs."""
    command = [
        sys.executable,
        "-m",
        "holdfast.cli.main",
        "view",
        "--history",
        "history.db",
        "--runs",
        "runs",
        "--port",
        "0",
        "--no-browser",
    ]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        found = re.search(r"http://\S+", first)
        assert found is not None, first
        yield found[0]
        serving.terminate()
        serving.wait(20)


@contextmanager
def entered(browser: Browser, address: str, **options: object) -> Iterator[tuple[Page, list[str]]]:
    """A browser that opened the printed address, and everything that it asked for elsewhere or complained of."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    heard: list[str] = []
    own = address.partition("/?")[0]
    page.on("request", lambda request: None if request.url.startswith((own, "data:")) else heard.append(request.url))
    page.on("dialog", lambda dialog: heard.append(f"dialog: {dialog.message}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.goto(address)
    yield page, heard
    context.close()


def test_the_first_page_of_500_runs(chromium: Browser, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = chromium.new_context().new_page()
    took = []
    for query in ("", "?sort=drop", "?decision=fail&page=2"):
        began = time.perf_counter()
        page.goto(address if not query else f"{address.partition('?')[0]}{query}")
        took.append(round(time.perf_counter() - began, 3))
        assert page.locator("table.runs tbody tr").count() == 25
        assert "token" not in page.url
    page.goto(address.partition("?")[0])
    assert page.get_by_text("500 runs.").is_visible()
    page.context.close()
    figures = {"runs": RUNS, "first_page_s": took[0], "later_pages_s": took[1:], "load": round(os.getloadavg()[0], 1)}
    with capsys.disabled():
        print(f"\n{json.dumps(figures)}")
    assert took[0] < SLOWEST_S


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways_or_complains(chromium: Browser, address: str, width: int, scheme: str) -> None:
    with entered(chromium, address, viewport={"width": width, "height": 900}, color_scheme=scheme) as (page, heard):
        for place in ("", "lineage", "waivers", "releases", "nowhere"):
            page.goto(f"{address.partition('?')[0]}{place}")
            assert page.evaluate("document.documentElement.scrollWidth") == width, place
        page.goto(f"{address.partition('?')[0]}?q=run-003")
        page.get_by_role("link", name="run-003").click()
        page.wait_for_url("**/runs/*")
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="Answers side by side").click()
        page.get_by_role("button", name="Unfold all on this page").click()
        assert page.locator("details.pair-of[open]").count() == 30
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert [one for one in heard if "404" not in one] == []


def test_hostile_answers_run_nothing_and_hide_nothing(chromium: Browser, address: str) -> None:
    with entered(chromium, address) as (page, heard):
        page.goto(f"{address.partition('?')[0]}?q=run-003")
        page.get_by_role("link", name="run-003").click()
        page.get_by_role("link", name="Answers side by side").click()
        page.get_by_role("button", name="Unfold all on this page").click()
        page.wait_for_timeout(200)
        assert page.evaluate("window.hurt") is None
        assert page.evaluate("document.images.length") == 0
        assert page.evaluate("[...document.scripts].map(script => new URL(script.src).pathname)") == ["/static/view.js"]
        assert page.evaluate("document.querySelectorAll('main style, main script, main [onerror], main [onfocus]').length") == 0
        shown = page.locator("pre", has_text="window.hurt = 1").first
        assert shown.is_visible()
        assert "{{ 7*7 }}" in shown.inner_text()
        assert "[U+001B][2J[U+202E]" in shown.inner_text()
        assert heard == []


def test_a_script_that_got_into_a_page_or_a_report_would_not_run(chromium: Browser, address: str) -> None:
    with entered(chromium, address) as (page, _):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hurt = 1\">')")
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hurt = 2'}))")
        page.wait_for_timeout(200)
        assert page.evaluate("window.hurt") is None
        page.goto(f"{address.partition('?')[0]}?q=run-003")
        page.get_by_role("link", name="run-003").click()
        page.get_by_role("link", name="Its own report").click()
        page.wait_for_url("**/report")
        assert page.locator("p").inner_text().startswith("own report")
        page.get_by_role("link", name="run it").click()
        page.wait_for_timeout(200)
        assert page.evaluate("window.hurt") is None
        page.get_by_role("link", name="to the step").click()
        page.wait_for_url("**/compare-1/report.html")
        assert page.locator("p").inner_text() == "report of a step"
        assert page.evaluate("window.hurt") is None


def test_the_keyboard_alone_leads_from_the_list_to_an_answer(chromium: Browser, address: str) -> None:
    with entered(chromium, f"{address}&q=run-003") as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        _tab_to(page, "run-003")
        page.keyboard.press("Enter")
        page.wait_for_url("**/runs/*")
        _tab_to(page, "Answers side by side")
        page.keyboard.press("Enter")
        page.wait_for_url("**/answers")
        _tab_to(page, "refusal lost")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "one sees where one is"
        page.keyboard.press("Enter")
        assert page.locator("details.pair-of[open]").count() == 1


def _tab_to(page: Page, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if words in page.evaluate("/^(A|SUMMARY)$/i.test(document.activeElement.tagName) ? document.activeElement.textContent : ''"):
            return
    raise AssertionError(f"no way to {words!r} by Tab")


def test_without_javascript_filters_pages_and_folds_work(chromium: Browser, address: str) -> None:
    with entered(chromium, address, java_script_enabled=False) as (page, _):
        page.get_by_label("Verdict", exact=True).select_option("fail")
        page.get_by_label("Text", exact=True).fill("run-")
        page.get_by_role("button", name="Apply").click()
        assert "decision=fail" in page.url
        page.get_by_role("link", name="Next page").click()
        assert "Page 2 of" in page.locator(".turn").inner_text()
        page.goto(f"{address.partition('?')[0]}?q=run-003")
        page.get_by_role("link", name="run-003").click()
        page.get_by_role("link", name="Answers side by side").click()
        assert page.get_by_role("button", name="Unfold all").count() == 0, "no button that could do nothing"
        answer = page.locator("details.pair-of pre").nth(1)
        assert not answer.is_visible()
        page.locator("details.pair-of summary").first.click()
        assert answer.is_visible()


def test_a_moved_run_says_so(chromium: Browser, address: str) -> None:
    with entered(chromium, f"{address}&q=run-002") as (page, _):
        page.get_by_role("link", name="run-002").click()
        assert "is not there any more: it was moved or deleted" in page.get_by_role("status").inner_text()
        assert page.get_by_role("heading", level=1).is_visible()


class _Elsewhere(BaseHTTPRequestHandler):
    """Another site: it asks the page for everything that a browser lets it ask."""

    target = ""

    def do_GET(self) -> None:
        body = f"""<!doctype html><title>elsewhere</title><iframe src="{self.target}"></iframe><script>
          window.got = [];
          fetch("{self.target}", {{credentials: "include"}}).then(a => a.text()).then(t => got.push("read " + t), e => got.push("refused"));
          const script = document.createElement("script");
          script.onerror = () => got.push("refused"); script.onload = () => got.push("loaded");
          script.src = "{self.target}static/view.js"; document.head.append(script);
        </script>""".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_site_in_the_same_browser_gets_nothing(chromium: Browser, address: str, name: str) -> None:
    """Another port of this address is the same site, so its requests carry the cookie; another name does not."""
    target = address.partition("?")[0]
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Elsewhere,), {"target": target}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with entered(chromium, address) as (page, _):
            statuses = _statuses(page.context, target)
            page.goto(f"http://{name}:{server.server_port}/")
            page.wait_for_function("window.got.length === 2")
            assert page.evaluate("window.got") == ["refused", "refused"]
            assert statuses
            assert set(statuses) <= {401, 403, 200}
            assert page.frames[1].url in ("chrome-error://chromewebdata/", "about:blank", target)
            assert page.frames[1].locator("table.runs").count() == 0, "not in a frame either"
    finally:
        server.shutdown()
        server.server_close()


def _statuses(context: BrowserContext, target: str) -> list[int]:
    seen: list[int] = []
    context.on("response", lambda response: seen.append(response.status) if response.url.startswith(target) else None)
    return seen


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 401),
        ("/?token=wrong", {}, 403),
        ("/", {"Host": "evil.example"}, 403),
        ("/?token=TOKEN", {"Host": "evil.example"}, 403),
        ("/?token=TOKEN", {"Origin": "http://evil.example"}, 403),
    ],
)
def test_a_request_without_the_token_or_from_elsewhere_is_refused(address: str, path: str, headers: dict[str, str], status: int) -> None:
    base, _, token = address.partition("/?token=")
    request = urllib.request.Request(base + path.replace("TOKEN", token), headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == status
    refused.value.close()


def test_it_leaves_the_history_and_the_folders_as_they_were(address: str, workplace: Path) -> None:
    with History(f"sqlite:///{workplace / 'history.db'}") as history:
        assert history.count() == RUNS // 2
    assert not list(workplace.glob("runs/*/.lock"))
