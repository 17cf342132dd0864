from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.view.view_samples import TOKEN, write_run

from holdfast.view.app import create_app
from holdfast.view.guard import HEADERS
from holdfast.view.sources import Runs

HOST = "127.0.0.1:8471"
PLACES = ("/", "/lineage", "/waivers", "/releases", "/static/view.css", "/nowhere")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A browser that holds no cookie yet."""
    write_run(tmp_path / "runs" / "one", drop=0.4)
    app = create_app(Runs(folders=(tmp_path / "runs",)), token=TOKEN, port=8471)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def inside(client: TestClient) -> TestClient:
    """The same after it opened the address that was printed."""
    assert client.get(f"/?token={TOKEN}").status_code == 303
    return client


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_shown_without_the_token(client: TestClient, place: str) -> None:
    answer = client.get(place)
    assert answer.status_code == 401
    assert answer.text == "This page needs the token in the address that holdfast view printed.\n"


def test_a_wrong_token_is_refused_in_the_address_and_in_the_cookie(client: TestClient) -> None:
    assert client.get("/?token=wrong").status_code == 403
    assert client.get("/?token=").status_code == 403
    assert client.get("/", headers={"cookie": "holdfast-view-8471=wrong"}).status_code == 403
    assert client.get("/", headers={"cookie": f"holdfast-view-9999={TOKEN}"}).status_code == 401, "another port's cookie"


def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_can_use(client: TestClient) -> None:
    answer = client.get(f"/?token={TOKEN}&stage=compare")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?stage=compare")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"holdfast-view-8471={TOKEN};")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "samesite=strict", "path=/"}
    assert client.get("/").status_code == 200


def test_the_redirect_never_leaves_the_page(client: TestClient) -> None:
    assert client.get(f"/%2Felsewhere.example/?token={TOKEN}").headers["location"] == "/elsewhere.example/"


@pytest.mark.parametrize("host", ["holdfast.example", "127.0.0.1.example:8471", "", "evil.example:8471", "192.168.0.7:8471"])
def test_a_name_that_was_rebound_to_this_address_is_refused(inside: TestClient, host: str) -> None:
    assert inside.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8471", "localhost:8471", "[::1]:8471", "LOCALHOST", "localhost:9000"])
def test_this_machines_own_names_are_served_also_behind_a_tunnel(inside: TestClient, host: str) -> None:
    assert inside.get("/", headers={"host": host, "cookie": f"holdfast-view-8471={TOKEN}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8471"])
def test_another_origin_is_refused_although_it_has_the_cookie(inside: TestClient, origin: str) -> None:
    assert inside.get("/", headers={"origin": origin}).status_code == 403
    assert inside.get("/", headers={"origin": f"http://{HOST}"}).status_code == 200


def test_another_port_of_this_machine_may_link_here_and_not_load_anything(inside: TestClient) -> None:
    for site in ("same-site", "cross-site"):
        assert inside.get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}).status_code == 403
        assert inside.get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "navigate"}).status_code == 200
    assert inside.get("/", headers={"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_only_reads(inside: TestClient, method: str) -> None:
    for place in ("/", "/runs/x", "/nowhere"):
        answer = inside.request(method, place)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("place", [*PLACES, "/?token=wrong"])
def test_every_answer_carries_the_policy(inside: TestClient, place: str) -> None:
    headers = inside.get(place).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["content-security-policy"].replace("style-src-attr 'unsafe-inline'", "")


@pytest.mark.parametrize(
    "place",
    [
        "/static/../guard.py",
        "/static/..%2f..%2fguard.py",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/runs/../../etc/passwd",
        "/runs/..%2f..%2f..%2fetc%2fpasswd",
        "/runs/%2fetc",
        "/runs/%2fetc/report",
        "/runs/..%00/report",
        "//etc/passwd",
    ],
)
def test_no_address_reaches_a_file(inside: TestClient, place: str) -> None:
    answer = inside.get(place)
    assert answer.status_code == 404
    assert "root:" not in answer.text
