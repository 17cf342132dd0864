from __future__ import annotations

import gc

import numpy as np
import pyarrow as pa
from scipy.stats import kendalltau

from holdfast.detectors import features as module
from holdfast.detectors.excerpts import around, opening
from holdfast.detectors.features import features
from holdfast.detectors.scripts import SCRIPTS, scripts_of
from holdfast.detectors.trend import rising_trend
from holdfast.detectors.turns import ASSISTANT, OTHER, SYSTEM, USER, turns_of
from holdfast.testing import chat_rows

CHAT = [("user", "Name a colour."), ("assistant", "Red.")]


def test_one_table_has_one_set_of_features_and_leaves_none_behind() -> None:
    rows = chat_rows([CHAT])
    assert features(rows) is features(rows)
    assert features(pa.table(rows)) is not features(rows)
    del rows
    gc.collect()
    assert module._memory.features is None


def test_work_is_done_once_per_batch() -> None:
    seen, calls = features(chat_rows([CHAT])), []
    for _ in range(3):
        seen.once("key", lambda: calls.append(1))
    assert calls == [1]


def test_turns_keep_rows_apart() -> None:
    rows = chat_rows([[("system", "S"), *CHAT], [], [("tool", "{}"), ("narrator", "x"), ("user", "Hi")]])
    turns = turns_of(rows)
    assert turns.rows.tolist() == [0, 0, 0, 2, 2, 2]
    assert turns.roles.tolist() == [SYSTEM, USER, ASSISTANT, OTHER, OTHER, USER]
    assert turns.bounds.tolist() == [0, 3, 3, 6]
    assert turns_of(rows.slice(2)).contents.to_pylist() == ["{}", "x", "Hi"]


def test_an_excerpt_cuts_no_address_open() -> None:
    text = "x" * 30 + " maria.gomez84@inbox-mail.net " + "y" * 30
    place = text.index("y")
    assert "gomez" not in around(text, text, place, place + 3)


def test_an_excerpt_is_one_printable_line() -> None:
    assert opening("a\n\tb\x1b[31m\u202ec\u200b d") == "a b[31mc d"


def test_scripts() -> None:
    texts = [
        "Plants turn light into sugar.",
        "植物把光变成糖。",
        "Фотосинтез превращает свет",
        "植物は光を糖に変えます",
        "12345",
        "ok",
        None,
        "Plants turn light into sugar 植物把光变成糖",
    ]
    assert [SCRIPTS[script] for script in scripts_of(pa.array(texts))] == [
        "Latin",
        "Han",
        "Cyrillic",
        "Japanese",
        "none",
        "none",
        "none",
        "mixed",
    ]


def test_a_trend_is_found_where_there_is_one() -> None:
    noise = np.random.default_rng(0).random(1_000)
    assert rising_trend(noise[:79]) is None
    assert rising_trend(np.ones(500)) is None
    flat, rising, falling = (rising_trend(values) for values in (noise, noise + np.linspace(0, 1, 1_000), noise - np.linspace(0, 1, 1_000)))
    assert flat is not None
    assert rising is not None
    assert falling is not None
    assert flat.p > 0.001
    assert (rising.p < 1e-6, rising.tau > 0.8, rising.blocks) == (True, True, 50)
    assert falling.tau < -0.8


def test_a_trend_is_that_of_scipy_stats_to_the_last_bit() -> None:
    rng = np.random.default_rng(2)
    for count in range(8, 51):
        for values in (rng.random(count * 10), rng.integers(0, 3, count * 10).astype(float)):
            found = rising_trend(values)
            blocks = np.array([block.mean() for block in np.array_split(values, count)])
            wanted = kendalltau(np.arange(count), blocks, method="asymptotic")
            assert found is not None
            assert (found.tau, found.p) == (wanted.statistic, wanted.pvalue)


def test_a_trend_is_rarely_seen_in_noise() -> None:
    rng = np.random.default_rng(1)
    false = sum(trend is not None and trend.p < 0.05 for trend in (rising_trend(rng.random(300)) for _ in range(400)))
    assert 4 <= false <= 40
