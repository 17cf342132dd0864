"""A run folder holds one run, goes on with it, and refuses another."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import Measurement, RunFolderError
from holdfast.runs import Manifest, RunFolder, read_measurements


def manifest(**asked: object) -> Manifest:
    return Manifest(stage="compare", holdfast="1", command="holdfast compare a b", seed=0, asked=asked)


def test_the_same_run_is_gone_on_with(tmp_path: Path) -> None:
    for _ in range(2):
        with RunFolder(tmp_path / "run", manifest(base={"weights": "abc"})) as run:
            run.write_measurements([Measurement.of("refusal_rate", 0.5, n=2)])
    assert read_measurements(tmp_path / "run")[0].value == 0.5
    assert not (tmp_path / "run" / ".lock").exists()


def test_another_run_is_refused_by_name_of_the_difference(tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest(base={"weights": "abc"})):
        pass
    with pytest.raises(RunFolderError, match=r"base\.weights was 'abc' and is now 'def'"):
        RunFolder(tmp_path, manifest(base={"weights": "def"}))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"c4": {}}, r"filters\.c4 was absent and is now \{\}"),
        ({"c4": {}}, {}, r"filters\.c4 was \{\} and is now absent"),
        ({"c4": {}}, {"c4": {"words": None}}, r"filters\.c4\.words was absent and is now None"),
        ({"c4": {}}, None, r"filters was \{'c4': \{\}\} and is now None"),
    ],
)
def test_a_setting_without_settings_of_its_own_makes_another_run_too(before: object, after: object, said: str, tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest(filters=before)):
        pass
    with pytest.raises(RunFolderError, match=said):
        RunFolder(tmp_path, manifest(filters=after))


def test_a_tuple_is_the_list_that_was_written(tmp_path: Path) -> None:
    for asked in ((1, 2), [1, 2]):
        with RunFolder(tmp_path, manifest(parts=asked)):
            pass


def test_the_wording_of_the_command_does_not_make_another_run(tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest()):
        pass
    other = Manifest(stage="compare", holdfast="1", command="holdfast compare  a b --quiet", seed=0, asked={})
    with RunFolder(tmp_path, other):
        pass


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"found 'thesis\.txt'"):
        RunFolder(tmp_path, manifest())


def test_two_writers_are_refused(tmp_path: Path) -> None:
    with RunFolder(tmp_path, manifest()), pytest.raises(RunFolderError, match="another process"):
        RunFolder(tmp_path, manifest())


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", manifest()):
        assert (tmp_path / "run").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"full_safety_benchmark": 0.1, "full_safety_benchmark": 0.9}', "gives 'full_safety_benchmark' twice"),
        ('{"full_safety_benchmark": 50}', "'full_safety_benchmark' as a number between 0 and 1, got 50"),
        ('{"full_safety_benchmark": -5}', "between 0 and 1, got -5"),
    ],
)
def test_numbers_that_nobody_can_mean_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "numbers.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=said):
        read_measurements(tmp_path / "numbers.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1, 2]", "expected"), ('{"measurements": [{"metric": 3}]}', "expected"), ("\xff", "expected")],
)
def test_a_broken_measurements_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(RunFolderError, match=said):
        read_measurements(path)


def test_the_short_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"memorization_test": 0.02, "capability_regression": null}', encoding="utf-8")
    found = {measurement.metric: measurement for measurement in read_measurements(path)}
    assert found["memorization_test"].value == 0.02
    assert found["capability_regression"].value is None


@pytest.mark.parametrize("text", ["", "{}", '{"measurements": []}', '{"schema": 1, "measurements": []}'])
def test_an_empty_file_is_no_measurements(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text, encoding="utf-8")
    assert read_measurements(path) == ()
