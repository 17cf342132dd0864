"""One configuration on every engine, and on a real Ray cluster of two nodes, one of which is lost in the middle."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.e2e.corpus_files import command, digests, environment, make_documents
from tests.e2e.ray_nodes import RayNodes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("daft") is None or find_spec("ray") is None, reason="daft and ray are extras: holdfast[cluster]"),
]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl")
    make_documents(folder, rows=16_000)
    run(folder, "plain/crawl", "--engine", "plain")
    return folder


@pytest.fixture
def nodes() -> Iterator[RayNodes]:
    with RayNodes() as cluster:
        cluster.join("second")
        yield cluster


def run(folder: Path, out: str, *options: str, env: dict[str, str] | None = None) -> None:
    (folder / out).parent.mkdir(exist_ok=True)
    done = subprocess.run(command(out, *options), cwd=folder, env=env or environment(), capture_output=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("engine", ["processes", "daft"])
def test_engines_of_one_machine_write_the_same_bytes(engine: str, documents: Path) -> None:
    run(documents, f"{engine}/crawl", "--engine", engine)
    assert digests(documents / engine / "crawl") == digests(documents / "plain" / "crawl")


def test_a_cluster_writes_the_same_bytes_and_both_nodes_work(documents: Path, nodes: RayNodes) -> None:
    run(documents, "ray/crawl", "--ray", nodes.address, env=nodes.environment)
    assert digests(documents / "ray" / "crawl") == digests(documents / "plain" / "crawl")


def test_a_node_that_is_lost_in_the_middle_loses_nothing(documents: Path, nodes: RayNodes) -> None:
    (documents / "lost").mkdir()
    out = documents / "lost" / "crawl"
    process = subprocess.Popen(
        command("lost/crawl", "--ray", nodes.address),
        cwd=documents,
        env=nodes.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and len(list(out.glob("measures/facts-*/*.json"))) < 2:
        time.sleep(0.01)
    assert process.poll() is None, "the run ended before the node could be lost: give it more documents"
    nodes.kill("second")
    whole = len(list((documents / "plain" / "crawl").glob("measures/facts-*/*.json")))
    assert len(list(out.glob("measures/facts-*/*.json"))) < whole
    _, error = process.communicate(timeout=900)
    assert process.returncode == 0, error.decode()
    assert digests(out) == digests(documents / "plain" / "crawl")
