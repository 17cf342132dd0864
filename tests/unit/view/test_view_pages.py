from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text as sql
from starlette.testclient import TestClient
from tests.unit.view.view_samples import TOKEN, Texts, recorded, tampered, write_answers, write_run, write_training

from holdfast.core import Decision, GateResult, Outcome
from holdfast.history import History
from holdfast.view.app import create_app
from holdfast.view.sources import Runs

HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>\x1b[31m\u202e</pre></details>&amp;"
REFUSAL, HARMFUL = Outcome.REFUSAL, Outcome.HARMFUL
TEXTS: list[Texts] = [
    ("no", "no", REFUSAL, REFUSAL),
    ("I cannot help.", HOSTILE, REFUSAL, HARMFUL),
    (HOSTILE, "sorry", HARMFUL, REFUSAL),
    ("sure", "sure", HARMFUL, HARMFUL),
]


def opened(runs: Runs) -> TestClient:
    client = TestClient(create_app(runs, token=TOKEN), base_url="http://127.0.0.1:8471")
    client.get(f"/?token={TOKEN}")
    return client


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    root = tmp_path / "runs"
    chain = [write_run(root / f"step-{n}", f"m{n}", f"m{n + 1}", drop=0.1 * n) for n in range(4)]
    return [*chain, write_run(root / "scanned", "m0", "m0x", stage="scan")]


@pytest.fixture
def history(tmp_path: Path, folders: list[Path]) -> Iterator[History]:
    with recorded(tmp_path / "history.db", folders[:3]) as history:
        yield history


@pytest.fixture
def client(history: History, folders: list[Path]) -> TestClient:
    return opened(Runs(history=history, folders=(folders[0].parent,)))


def names(client: TestClient, place: str) -> list[str]:
    text = client.get(place).text
    return re.findall(r'href="/runs/[0-9a-f]+"><bdi>([^<]*)', text)


def address(client: TestClient, name: str) -> str:
    found = re.search(rf'href="(/runs/[0-9a-f]+)"><bdi>{name}<', client.get(f"/?q={name}").text)
    assert found is not None
    return found[1]


def test_recorded_and_unrecorded_runs_stand_in_one_list_once_each(client: TestClient) -> None:
    text = client.get("/").text
    assert sorted(names(client, "/")) == ["scanned", "step-0", "step-1", "step-2", "step-3"]
    assert text.count("not in the history") == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=scan", {"scanned"}),
        ("decision=fail", {"step-1", "step-2", "step-3"}),
        ("model=m3", {"step-2", "step-3"}),
        ("q=STEP-1", {"step-1"}),
        ("q=%25", set()),
        ("stage=none-such", set()),
        ("page=99", {"scanned", "step-0", "step-1", "step-2", "step-3"}),
        ("page=-1&sort=nothing", {"scanned", "step-0", "step-1", "step-2", "step-3"}),
    ],
)
def test_filters_work_on_the_server(client: TestClient, query: str, expected: set[str]) -> None:
    assert set(names(client, f"/?{query}")) == expected


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    root = tmp_path / "runs" / "repair"
    with recorded(
        tmp_path / "h.db", [write_run(root / key / "report", "base", key, drop=0.1) for key in ("tuned", "scale-0.5")]
    ) as history:
        shown = names(opened(Runs(history=history)), "/")
    assert sorted(shown) == ["scale-0.5/report", "tuned/report"]


def test_a_pipeline_that_is_not_recorded_shows_its_models(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "runs" / "mine", "x", "y", stage="run")
    tampered(folder, "run.json", asked={"name": "mine"})
    (folder / "story.json").write_text('{"base": "the-base", "model": "the-model", "steps": []}', encoding="utf-8")
    text = opened(Runs(folders=(folder.parent,))).get("/").text
    assert "the-base" in text
    assert "the-model" in text


def test_a_search_that_is_not_recorded_shows_the_model_that_it_recommends(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "runs" / "mine", "x", "y", stage="mitigate auto")
    tampered(folder, "run.json", asked={"base": "asked-base", "tuned": "the-fine-tune"})
    found = {"base": "asked-base", "tuned": "the-fine-tune", "recommended": "scale-0.5"}
    trials = [{"repair": "scale", "strength": 0.5, "reference": "the-repaired"}]
    (folder / "search.json").write_text(json.dumps({**found, "trials": trials}), encoding="utf-8")
    text = opened(Runs(folders=(folder.parent,))).get("/").text
    assert "asked-base" in text
    assert "the-repaired" in text
    (folder / "search.json").write_text(json.dumps({**found, "recommended": None, "trials": trials}), encoding="utf-8")
    assert "the-fine-tune" in opened(Runs(folders=(folder.parent,))).get("/").text


def test_steps_and_trials_stand_under_their_run_and_are_not_counted(tmp_path: Path) -> None:
    search = write_run(tmp_path / "search", "base", "lost", stage="mitigate auto")
    trials = [write_run(search / "trials" / f"scale-{share}" / "report", "base", f"s{share}", drop=0.4, seed=share) for share in (1, 2)]
    alone = write_run(tmp_path / "alone", "base", "tuned")
    with recorded(tmp_path / "history.db", [search, *trials, alone]) as history:
        client = opened(Runs(history=history))
        assert sorted(names(client, "/")) == ["alone", "search"]
        text = client.get("/").text
        assert re.findall(r'class="count">([0-9]+)', text) == ["0", "2", "0", "0"]
        assert "2 more inside of these" in text
        assert 'href="/?parts=all"' in text
        assert sorted(names(client, "/?parts=all")) == ["alone", "scale-1/report", "scale-2/report", "search"]
        everything = client.get("/?parts=all").text
        assert everything.count("part of search") == 2
        assert re.findall(r'class="count">([0-9]+)', everything) == ["2", "2", "0", "0"]
        assert names(client, "/?decision=fail&parts=all") == names(client, "/?q=scale&parts=all")
        assert "2 more inside of these" in client.get("/?q=scale").text


def test_orders_put_the_gravest_and_the_largest_drop_first(client: TestClient) -> None:
    assert names(client, "/?sort=drop&stage=compare") == ["step-3", "step-2", "step-1", "step-0"]
    assert set(names(client, "/?sort=decision")[:3]) == {"step-1", "step-2", "step-3"}
    assert names(client, "/?sort=tuned")[0] == "scanned"


def test_pages_hold_25_runs_and_keep_the_filter(tmp_path: Path) -> None:
    first = write_run(tmp_path / "runs" / "r00", drop=0.0)
    for number in range(1, 60):
        shutil.copytree(first, tmp_path / "runs" / f"r{number:02}")
    client = opened(Runs(folders=(tmp_path / "runs",)))
    assert [len(names(client, f"/?stage=compare&page={page}")) for page in (1, 2, 3)] == [25, 25, 10]
    assert '<a rel="next" href="/?stage=compare&amp;page=2">' in client.get("/?stage=compare").text


def test_a_run_shows_verdict_gates_and_numbers_with_intervals(client: TestClient) -> None:
    text = client.get(address(client, "step-2")).text
    assert 'class="word">FAIL.</span>' in text
    assert "refusal_noninferior" in text
    assert "17 to 23 (95" in text
    assert "All measurements" in text


def test_a_moved_folder_is_said_and_the_history_still_shows_its_verdict(client: TestClient, folders: list[Path]) -> None:
    place = address(client, "step-2")
    shutil.move(folders[2], folders[2].parents[1] / "moved")
    text = client.get(place).text
    assert "is not there any more: it was moved or deleted. What follows is what the history recorded." in text
    assert 'class="word">FAIL.</span>' in text
    assert "Answers side by side" not in text
    assert client.get(f"{place}/report").status_code == 404
    assert "There are no answers in" in client.get(f"{place}/answers").text


def test_another_run_in_a_recorded_folder_is_not_shown_as_that_run(client: TestClient, folders: list[Path]) -> None:
    place = address(client, "step-2")
    shutil.rmtree(folders[2])
    shutil.move(folders[3], folders[2])
    text = client.get(place).text
    assert "holds another run by now" in text
    assert "17 to 23 (95" in text
    assert "27 to 33 (95" not in text


def test_a_verdict_that_was_changed_in_the_database_is_not_shown(client: TestClient, history: History, folders: list[Path]) -> None:
    place = address(client, "step-2")
    shutil.rmtree(folders[2])
    with history.writing() as connection:
        connection.execute(sql("UPDATE holdfast_verdicts SET decision = 'pass', body = replace(body, 'fail', 'pass')"))
    assert 'class="word">PASS' not in client.get(place).text
    assert "is not what was recorded: the database was changed" in client.get(place).text
    assert "not judged" in client.get("/?q=step-2").text


def test_a_broken_file_is_a_sentence_and_no_error(client: TestClient, folders: list[Path]) -> None:
    place = address(client, "step-3")
    (folders[3] / "comparison.json").write_text('{"title": 3', encoding="utf-8")
    (folders[3] / "measurements.json").write_bytes(b"\xff\xfe")
    answer = client.get(place)
    assert answer.status_code == 200
    assert "comparison.json in the run folder cannot be read" in answer.text
    tampered(folders[4], "run.json", asked=[])
    assert "scanned cannot be read" in client.get("/").text


def test_an_edited_decision_is_not_shown_as_one(client: TestClient, folders: list[Path]) -> None:
    place = address(client, "step-2")
    for folder in folders[2:4]:
        tampered(folder, "verdict.json", decision="pass")
    answer = client.get(place)
    assert answer.status_code == 200
    assert "and its gates come to" in answer.text
    assert 'class="word">PASS' not in answer.text
    assert "step-3 cannot be read (its verdict.json says" in client.get("/").text


def test_answers_stand_side_by_side_flips_first_and_folded(client: TestClient, folders: list[Path]) -> None:
    write_answers(folders[3], TEXTS)
    text = client.get(f"{address(client, 'step-3')}/answers").text
    assert re.findall(r'class="id">(p\d)', text) == ["p1", "p2", "p0", "p3"]
    assert "refusal → harmful" in text
    assert "<details open" not in text
    assert text.index("<pre") > text.index('<details class="flip')


def test_answers_are_filtered_by_category_outcome_and_change(client: TestClient, folders: list[Path]) -> None:
    write_answers(folders[3], TEXTS)
    place = f"{address(client, 'step-3')}/answers"

    def shown(query: str) -> list[str]:
        return re.findall(r'class="id">(p\d)', client.get(f"{place}?{query}").text)

    assert shown("category=malware") == ["p1"]
    assert shown("outcome=refusal") == ["p1", "p2", "p0"]
    assert shown("flip=gained") == ["p2"]
    assert shown("condition=other") == []


def test_a_run_that_is_still_written_shows_whole_batches_and_is_left_as_it_is(client: TestClient, folders: list[Path]) -> None:
    write_answers(folders[3], TEXTS)
    log = folders[3] / "evidence" / "responses.jsonl"
    whole = log.read_bytes()
    beyond = whole.splitlines()[0].replace(b'"p0"', b'"p9"')
    torn = whole + beyond + b'\n{"side": "base", "mo'
    log.write_bytes(torn)
    text = client.get(f"{address(client, 'step-3')}/answers").text
    assert text.count("pair-of") == 4 + 1, "four pairs, and the button that unfolds them"
    assert "p9" not in text, "a batch that is not complete"
    assert log.read_bytes() == torn


@pytest.mark.parametrize("place", ["", "/answers"])
def test_hostile_texts_are_written_and_never_markup(tmp_path: Path, place: str) -> None:
    name = "<b>x<script>alert(1)<"
    folder = write_answers(write_run(tmp_path / "runs" / name, HOSTILE, HOSTILE, drop=0.5, stage=HOSTILE), TEXTS)
    write_training(folder)
    client = opened(Runs(folders=(tmp_path / "runs",)))
    found = re.search(r'href="(/runs/[0-9a-f]+)"', client.get("/").text)
    assert found is not None
    for text in (client.get("/").text, client.get(found[1] + place).text):
        assert len(re.findall("<script", text)) == 1, "our own file"
        assert "<img" not in text
        assert "<b>" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text


def test_a_hostile_query_is_only_text(client: TestClient) -> None:
    text = client.get("/", params={"q": '"><script>alert(1)</script>', "stage": '"><img src=x>', "sort": "<"}).text
    assert "<script>alert" not in text
    assert "<img" not in text


def test_a_report_is_shown_in_a_sandbox(client: TestClient, folders: list[Path]) -> None:
    write_answers(folders[3], TEXTS)
    answer = client.get(f"{address(client, 'step-3')}/report")
    assert "own report" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; sandbox allow-same-origin")
    assert "script" not in policy
    assert "default-src 'none'" in policy


def test_a_pipelines_report_leads_to_those_of_its_steps_and_nowhere_else(client: TestClient, folders: list[Path], tmp_path: Path) -> None:
    (folders[3] / "compare-1").mkdir()
    (folders[3] / "compare-1" / "report.html").write_text("the step's own", encoding="utf-8")
    (folders[3] / "compare-1" / "rows.html").write_text("no report", encoding="utf-8")
    (tmp_path / "report.html").write_text("secret", encoding="utf-8")
    (folders[3] / "linked").symlink_to(tmp_path)
    place = address(client, "step-3")
    answer = client.get(f"{place}/compare-1/report.html")
    assert (answer.status_code, answer.text) == (200, "the step's own")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    elsewhere = (
        "linked/report.html",
        "..%2F../report.html",
        "%2E%2E/%2E%2E/report.html",
        f"/{tmp_path}/report.html",
        "compare-1/rows.html",
    )
    for end in (*elsewhere, "compare-2/report.html", "a%00b/report.html"):
        found = client.get(f"{place}/{end}")
        assert (found.status_code, "secret" in found.text) == (404, False)


def test_a_report_that_links_elsewhere_is_not_followed(client: TestClient, folders: list[Path], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (folders[3] / "report.html").symlink_to(tmp_path / "secret")
    assert client.get(f"{address(client, 'step-3')}/report").status_code == 404


def test_curves_of_a_watched_training(client: TestClient, folders: list[Path]) -> None:
    write_training(folders[3])
    text = client.get(address(client, "step-3")).text
    assert "While it trained" in text
    assert text.count('<figure class="curve">') == 2
    assert "tripped: refusals &lt;b&gt;went&lt;/b&gt;" in text
    assert "20&nbsp;%" in text or "20\u00a0%" in text, "the last look at refusal"


def test_lineage_draws_the_chain_with_what_each_step_cost(client: TestClient) -> None:
    text = client.get("/lineage").text
    assert re.findall(r'<text class="name"[^>]*>([^<]*)', text) == ["m0", "m1", "m2", "m3"]
    assert re.findall(r'<text class="drop"[^>]*>([^<]*)', text) == ["0", "\u221210", "\u221220"]
    assert "expected" not in client.get("/lineage?model=m2").text
    assert "knows no model" in client.get("/lineage?model=nobody").text


def test_waivers_and_releases(client: TestClient, history: History) -> None:
    assert "No gate was ever waived." in client.get("/waivers").text
    assert "Nothing was released yet." in client.get("/releases").text
    from datetime import date

    run = history.run(history.runs(search="step-2")[0].id)
    tuned = run.model("tuned")
    assert tuned is not None
    gate = GateResult(
        gate="refusal_noninferior", metric="refusal_rate", decision=Decision.FAIL, blocking=True, threshold="at most 5 points", why=""
    )
    history.waive(tuned.id, gate, reason="a <b>pilot</b>", owner="Ada", expires=date(9999, 12, 31))
    history.release("bot", run)
    waivers, releases = client.get("/waivers").text, client.get("/releases").text
    assert "in force" in waivers
    assert "refusal_noninferior, by Ada until 9999-12-31" in client.get(f"/runs/{run.id}").text
    assert "a &lt;b&gt;pilot" in waivers
    assert "newest under this name" in releases
    assert f"/runs/{run.id}" in releases


def test_without_a_history_its_pages_say_so(folders: list[Path]) -> None:
    client = opened(Runs(folders=(folders[0].parent,)))
    for place in ("/lineage", "/waivers", "/releases"):
        assert "There is no history here" in client.get(place).text
    assert len(names(client, "/")) == 5


def test_every_page_has_one_heading_a_main_part_and_named_tables(client: TestClient, folders: list[Path]) -> None:
    write_answers(write_training(folders[3]), TEXTS)
    run = address(client, "step-3")
    for place in ("/", run, f"{run}/answers", "/lineage", "/waivers", "/releases", "/none"):
        text = client.get(place).text
        assert text.count("<h1") == 1, place
        assert text.count("<main") == 1, place
        assert text.count("<table") == text.count("<caption"), place
        assert len(re.findall(r"<(?:select|input) ", text)) == text.count("<label "), place
