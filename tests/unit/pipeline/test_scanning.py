"""What may be given to `holdfast.scan`, and what is said of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pandas
import pyarrow as pa
import pytest

import holdfast
from holdfast.core import InputError

_COLUMNS = {"prompt": ["What is 1 and 1?"] * 3, "completion": ["It is 2."] * 3}
_ACCEPTED = r"expected a path, a list of dicts, a pyarrow.Table or a datasets.Dataset, got "


_Polars = type("DataFrame", (), {"__module__": "polars.dataframe.frame"})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "None. Look for a name that is not set."),
        ({"prompt": "a", "completion": "b"}, "a dict. Of one row make a list"),
        (_COLUMNS, r"a dict. .* of columns a table, pyarrow.table\(columns\)"),
        ({}, "a dict"),
        (pandas.DataFrame(_COLUMNS), r"a pandas DataFrame. Give pyarrow.Table.from_pandas\(data\)"),
        (pandas.Series(["a"]), "a pandas Series. Give its rows as a list of dicts"),
        (_Polars(), r"a polars DataFrame. Give data.to_arrow\(\)"),
    ],
    ids=["nothing", "one row", "columns", "an empty dict", "pandas", "a series", "polars"],
)
def test_what_is_no_rows_is_refused_with_how_to_give_them(data: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=_ACCEPTED + said):
        holdfast.scan(data, run=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_the_sentences_say_is_accepted(tmp_path: Path) -> None:
    rows = datasets.Dataset.from_dict(_COLUMNS)
    given = (
        pa.table(_COLUMNS),
        pa.Table.from_pandas(pandas.DataFrame(_COLUMNS)),
        datasets.DatasetDict({"train": rows}),
    )
    for number, data in enumerate(given):
        found = holdfast.scan(data, run=tmp_path / str(number), only=("exact-duplicate",))
        assert found.result.rows == 3
