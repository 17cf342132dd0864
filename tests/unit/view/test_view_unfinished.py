"""A stored pass on a run that is not finished is no pass on the web page either."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import Decision, Measurement
from holdfast.policy import Gate, Policy, judge
from holdfast.runs import Manifest, RunFolder
from holdfast.view.run_page import build_run
from holdfast.view.sources import Runs

POLICY = Policy(name="own", version=1, description="d", gates=(Gate(name="kept", metric="refusal_rate", side="tuned", at_least=0.5),))


def written(folder: Path, **asked: object) -> Path:
    """Write a run as an earlier version could leave it: judged before all that was asked for was there."""
    found = [Measurement.of("refusal_rate", 0.9, n=40, side="tuned")]
    with RunFolder(folder, Manifest(stage="compare", holdfast="0.1.0", command="c", seed=0, asked=asked)) as run:
        run.write_measurements(found)
        run.write_verdict(judge(found, POLICY))
    return folder


@pytest.mark.parametrize(("follow_up", "believed"), [(False, True), (True, False)])
def test_the_verdict_of_a_run_that_is_not_finished_is_not_shown(tmp_path: Path, follow_up: bool, believed: bool) -> None:
    written(tmp_path / "run", follow_up=False)
    (row,), notes = Runs(folders=(tmp_path,)).rows()
    assert (row.decision, notes) == (Decision.PASS, ())
    if follow_up:
        manifest = tmp_path / "run" / "run.json"
        manifest.write_bytes(manifest.read_bytes().replace(b"false", b"true"))
    rows, notes = Runs(folders=(tmp_path,)).rows()
    assert (len(rows) == 1, notes == ()) == (believed, believed)
    page = build_run(row, None)
    assert (page.page is not None) is believed
    assert any("The run is not finished" in note for note in page.notes) is not believed
