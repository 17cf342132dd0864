"""Where the history lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.history import History, history_url
from holdfast.history.place import missing_file, open_database, shown


def test_an_option_beats_the_variable_which_beats_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("HOLDFAST_HISTORY")
    assert history_url() == f"sqlite:///{tmp_path}/holdfast/history.db"
    monkeypatch.setenv("HOLDFAST_HISTORY", "postgresql://host/name")
    assert history_url() == "postgresql://host/name"
    assert history_url(str(tmp_path / "mine.db")) == f"sqlite:///{tmp_path}/mine.db"


@pytest.mark.parametrize("word", ["off", "OFF", "none", "0"])
def test_off_is_off(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("HOLDFAST_HISTORY", word)
    assert history_url() is None


def test_a_password_is_never_shown() -> None:
    assert "secret" not in shown("postgresql://user:secret@host/name")


def test_a_folder_in_place_of_the_database_is_no_empty_history(tmp_path: Path) -> None:
    assert missing_file(f"sqlite:///{tmp_path}/none.db") == tmp_path / "none.db"
    assert missing_file(f"sqlite:///{tmp_path}") is None
    with pytest.raises(InputError, match="cannot be used"):
        History(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["nothing://here", "://"])
def test_a_url_that_means_nothing_is_one_sentence(url: str) -> None:
    with pytest.raises(InputError, match="expected a database URL"):
        open_database(url)


def test_a_driver_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match=r"MySQLdb.*not installed"):
        open_database("mysql://host/name")
