"""Fifty runs written by four processes at once, on SQLite and on a real PostgreSQL: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.unit.history.conftest import write_run

from holdfast.history import History

RUNS, WRITERS = 50, 4
ROOT = Path(__file__).parents[3]


def _write_at_once(url: str, folder: Path) -> None:
    folders = [str(write_run(folder / f"run-{number}", "base", f"tuned-{number % 10}", seed=number)) for number in range(RUNS)]
    # Every run is written twice, by two processes, so that what is doubled would show.
    shares = [[*folders[place::WRITERS], *folders[(place + 1) % WRITERS :: WRITERS]] for place in range(WRITERS)]
    command = [sys.executable, "-m", "tests.unit.history.writing", url]
    writers = [subprocess.Popen([*command, *share], cwd=ROOT, stderr=subprocess.PIPE) for share in shares]
    for writer in writers:
        _, said = writer.communicate(timeout=240)
        assert writer.returncode == 0, said.decode()
    with History(url) as history:
        runs = history.runs()
        assert {run.folder for run in runs} == set(folders)
        assert len(runs) == RUNS
        assert all(len(run.verdicts) == 1 and len(run.models) == 2 for run in runs)
        assert all(len(history.measurements(run.id)) == 3 for run in runs)
        assert len(history.models()) == 11
        assert len(history.edges()) == 10


@pytest.mark.slow
def test_sqlite(tmp_path: Path) -> None:
    _write_at_once(f"sqlite:///{tmp_path / 'history.db'}", tmp_path)


@pytest.mark.server
def test_postgresql(tmp_path: Path, postgres: str) -> None:
    _write_at_once(postgres, tmp_path)
    _open_one_from_before(postgres)


def _open_one_from_before(url: str) -> None:
    """A waiver of before what its owner saw was kept is read and covers nothing; a new one covers what was seen."""
    with History(url) as history:
        run = history.runs()[0]
        gate = next(gate for gate in run.verdicts[0].verdict.gates if gate.blocking)
        given: dict[str, Any] = {"reason": "a pilot", "owner": "Ada", "expires": date(9999, 12, 31), "base": "base"}
        old = history.waive(run.models[1].id, gate, **given)
        with history.writing() as connection:
            connection.execute(text("DROP TABLE holdfast_waived_results"))
    with History(url) as history:
        assert [waiver.seen for waiver in history.waivers()] == [None]
        new = history.waive(run.models[1].id, gate, **given)
        assert {waiver.id: waiver.covers(gate, "base") for waiver in history.waivers()} == {old.id: False, new.id: True}
        history.revoke(new.id[:16])


@pytest.fixture
def postgres() -> Iterator[str]:
    """A throw-away PostgreSQL cluster on loopback, made by the test and gone after it."""
    initdb = next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), shutil.which("initdb"))
    if initdb is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'holdfast[postgres]')")
    # The server refuses to run as root, which is who runs tests in a container.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="holdfast-postgres-") as folder:
        place = Path(folder)
        if user is not None:
            shutil.chown(place, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        control = str(Path(initdb).with_name("pg_ctl"))
        settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={place} -c fsync=off"
        commands = [
            [initdb, "-D", f"{place}/data", "-U", "holdfast", "-A", "trust", "-E", "UTF8", "--no-sync"],
            [control, "-D", f"{place}/data", "-w", "-t", "60", "-l", f"{place}/log", "-o", settings, "start"],
        ]
        for command in commands:
            done = subprocess.run(
                command, user=user, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=False
            )
            assert done.returncode == 0, done.stderr.decode()
        try:
            yield f"postgresql://holdfast@127.0.0.1:{port}/postgres"
        finally:
            stop = [control, "-D", f"{place}/data", "-m", "immediate", "-w", "stop"]
            subprocess.run(stop, user=user, cwd=place, stdout=subprocess.DEVNULL, timeout=60, check=False)
