"""Where the history lies, and how its database is opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.core import InputError

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["VARIABLE", "history_url", "missing_file", "open_database", "shown", "whole"]

VARIABLE = "HOLDFAST_HISTORY"
_OFF = ("off", "none", "0")
_PATIENCE_MS = 60_000


def history_url(given: str | None = None) -> str | None:
    """Return the database's URL: `given`, else $HOLDFAST_HISTORY, else SQLite in the user's data folder; None where it is 'off'.

    A path instead of a URL means a SQLite file.
    """
    chosen = given or os.environ.get(VARIABLE) or str(_user_data() / "holdfast" / "history.db")
    if chosen.lower() in _OFF:
        return None
    return chosen if "://" in chosen else f"sqlite:///{Path(chosen).expanduser().absolute()}"


def shown(url: str) -> str:
    """Return a URL without its password, for people."""
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


def whole(folder: Path) -> str:
    """Return the path by which the history knows a folder: from the root, and without '..'."""
    return str(folder.resolve() if ".." in folder.parts else folder.absolute())


def missing_file(url: str) -> Path | None:
    """Return the SQLite file that a URL names and that is not there; None where anything is, and for any other database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
    except ArgumentError:
        return None
    if parts.get_backend_name() != "sqlite" or not parts.database or parts.database == ":memory:":
        return None
    return None if Path(parts.database).exists() else Path(parts.database)


def open_database(url: str) -> Engine:
    """Open a database; raises InputError for a URL that cannot be used, and for a driver that is not installed."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        parts = make_url(url)
        if parts.drivername == "postgresql":
            parts = parts.set(drivername="postgresql+psycopg")
        if parts.get_backend_name() == "sqlite":
            return _sqlite(parts)
        return create_engine(parts, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise InputError(
            f"history: expected a database URL such as sqlite:///history.db or postgresql://user@host/name, got one that fails ({error})."
        ) from error
    except ModuleNotFoundError as error:
        raise InputError(
            f"history: the database driver {error.name!r} is not installed. Install it; for PostgreSQL: pip install 'holdfast[postgres]'."
        ) from error


def _sqlite(parts: Any) -> Engine:
    """Open a SQLite file so that several processes may write: a log beside it, patience, and one writer at a time from the first word."""
    from sqlalchemy import create_engine, event

    if parts.database and parts.database != ":memory:":
        try:
            Path(parts.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"history: {parts.database} cannot be written ({error.strerror}). Set ${VARIABLE} to another place."
            ) from error
    engine = create_engine(parts)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for setting in (f"busy_timeout={_PATIENCE_MS}", "journal_mode=WAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # The read-then-write of a deferred transaction fails at once, busy timeout or not, where another one wrote in between.
        reads_only = connection.get_execution_options().get("holdfast_reads", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _user_data() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
