"""Functions that worker processes import by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from holdfast.core import InputError


def square(number: int) -> int:
    return number * number


def square_slowly(number: int) -> int:
    """The first shards take longest, so that later ones are done before."""
    time.sleep(0.2 if number == 0 else 0.0)
    return number * number


def process_number(number: int) -> int:
    return os.getpid()


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leave_at_three(number: int) -> int:
    if number == 3:
        os._exit(7)
    return number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise InputError("line 12 is not JSON")
    return number


class Stubborn(Exception):
    """An exception that cannot be made again from what it keeps."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one}{two}")


def fail_stubbornly(number: int) -> int:
    raise Stubborn("cannot be ", "carried over")


def print_and_square(number: int) -> int:
    print("a function may print")
    os.write(1, b"and so may a C library\n")
    return number * number


def wait_forever(number: int) -> int:
    time.sleep(600)
    return number


def environment(name: str) -> str | None:
    return os.environ.get(name)


def table_of(number: int) -> dict[str, pa.Table]:
    return {"squares": pa.table({"n": [number], "square": [number * number]})}


class CountedTables:
    """Makes a table per shard and leaves a mark for each time that it did."""

    def __init__(self, marks: Path, dies_at: int = -1) -> None:
        self.marks = marks
        self.dies_at = dies_at

    def __call__(self, number: int) -> dict[str, pa.Table]:
        if number == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        with (self.marks / f"{number}").open("a", encoding="utf-8") as stream:
            stream.write("x")
        return table_of(number)


def shard_name(number: int) -> str:
    return f"shard-{number:03d}"


def leave_a_mark(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()


def marks(folder: str, _: int) -> bool:
    """Say whether this process left a mark."""
    return (Path(folder) / str(os.getpid())).exists()


class Holder:
    """A function that could hold much."""

    alive: ClassVar[int] = 0

    def __init__(self) -> None:
        Holder.alive += 1

    def __reduce__(self) -> tuple[type[Holder], tuple[()]]:
        return Holder, ()

    def __del__(self) -> None:
        Holder.alive -= 1

    def __call__(self, number: int) -> int:
        return Holder.alive


def holders(number: int) -> int:
    return Holder.alive
