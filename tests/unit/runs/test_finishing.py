"""What a run was asked for and is not there is told from what was measured, and from what could not be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from holdfast.core import UNFINISHED, Measurement, RunFolderError, pretty_json
from holdfast.runs import Manifest, RunFolder, read_measurements, still_to_come, with_unfinished

PLAIN = Measurement.of("refusal_rate", 0.9, n=40, side="tuned")
VARIED = Measurement.of("varied_refusal_rate", 0.0, n=40, side="drop", condition="variation:polite")
RECORDED = Measurement.missing("varied_refusal_rate", "recorded answers cannot be asked again", side="drop")
CUT = Measurement.missing(
    "varied_refusal_rate", "9 answers of the base model did not come; the same command asks for them again", side="drop"
)
STEP = Measurement.of("step_refusal_rate", 0.0, n=40, side="drop", group="step-1")
TASK = Measurement.of("capability_regression", 1.0, n=40, group="maths")
NO_SCORES = Measurement.missing("capability_regression", "the base model gives no log-likelihoods, so it cannot choose", group="maths")
STOPPED = Measurement.missing("capability_regression", "the base model stopped answering; the same command goes on", group="maths")
KEPT = Measurement.of("task_gain_kept", 1.0, n=40, group="maths")


def manifest(stage: str = "compare", **asked: Any) -> Manifest:
    return Manifest(stage=stage, holdfast="1", command="holdfast compare a b", seed=0, asked=asked)


@pytest.mark.parametrize(
    ("asked", "found", "parts"),
    [
        ({}, [], []),
        ({"follow_up": False}, [PLAIN], []),
        ({"follow_up": True}, [PLAIN], ["follow-up"]),
        ({"follow_up": True}, [PLAIN, VARIED], []),
        ({"follow_up": True}, [PLAIN, RECORDED], []),
        ({"follow_up": True}, [PLAIN, CUT], ["follow-up"]),
        ({"steps": {"step-1": {}}}, [PLAIN], ["steps"]),
        ({"steps": {"step-1": {}}}, [STEP], []),
        ({"steps": {"step-1": {}, "step-2": {}}}, [STEP], ["steps"]),
        ({"capability": {"maths": "d"}}, [PLAIN], ["capability"]),
        ({"capability": {"maths": "d", "words": "d"}}, [TASK], ["capability"]),
        ({"capability": {"maths": "d"}}, [TASK], []),
        ({"capability": {"maths": "d"}}, [NO_SCORES], []),
        ({"capability": {"maths": "d"}}, [STOPPED], ["capability"]),
        ({"capability": {"results of the base": "d"}}, [TASK], []),
        ({"capability": {"results of the base": "d"}}, [PLAIN], ["capability"]),
        ({"capability": {"maths": "d"}, "gain_of": {"reference": "x"}}, [TASK], ["capability"]),
        ({"capability": {"maths": "d"}, "gain_of": {"reference": "x"}}, [TASK, KEPT], []),
        ({"follow_up": True, "steps": {"step-1": {}}}, [PLAIN], ["follow-up", "steps"]),
    ],
)
def test_a_part_that_was_asked_for_is_there_or_is_said_to_be_missing(
    asked: dict[str, Any], found: list[Measurement], parts: list[str]
) -> None:
    assert list(dict.fromkeys(one.group for one in still_to_come(manifest(**asked), found))) == parts
    said = with_unfinished(manifest(**asked), found)
    assert said[: len(found)] == tuple(found)
    assert [one.group for one in said if one.metric == UNFINISHED] == parts
    assert with_unfinished(manifest(**asked), said) == said
    assert not list(still_to_come(replace(manifest(**asked), stage="scan"), found))


def test_whoever_reads_the_folder_of_an_earlier_version_sees_what_is_missing(tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest(follow_up=True)) as run:
        run.write_measurements([PLAIN])
    (*kept, missing) = read_measurements(tmp_path)
    assert kept == [PLAIN]
    assert (missing.metric, missing.value) == (UNFINISHED, None)
    assert "type the command that began the run again" in (missing.reason or "")
    (tmp_path / "measurements.json").write_bytes(pretty_json({"refusal_rate": 0.9}))
    assert read_measurements(tmp_path)[-1] == missing


def test_a_run_that_has_measured_nothing_yet_says_how_to_finish_it(tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest()):
        pass
    with pytest.raises(RunFolderError, match=r"not finished: there is no measurements\.json yet\. Type the command that began it again"):
        read_measurements(tmp_path)
