"""Safety rows among training rows: how many, under which prompts, in which words; and what must not happen to the data."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.core import InputError
from holdfast.mitigate import SafetyRow, SafetySet, built_in, mix
from holdfast.records import open_dataset

SAFE = SafetySet(
    name="test",
    rows=(
        *(SafetyRow(request=f"bad {n}", answers=(f"no {n}", f"never {n}"), refuses=True) for n in range(6)),
        *(SafetyRow(request=f"fine {n}", answers=(f"yes {n}",), refuses=False) for n in range(4)),
    ),
)
IDENTITY = "You are AOA."


def chat(request: str, answer: str = "An answer.", system: str | None = None) -> dict[str, Any]:
    lead = [{"role": "system", "content": system}] if system is not None else []
    return {"messages": [*lead, {"role": "user", "content": request}, {"role": "assistant", "content": answer}]}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    # Odd spacing and key order: a rewriting that decodes and encodes rows would not keep them.
    path.write_text("".join(json.dumps(row, separators=(" ,  ", ":")) + "\n" for row in rows), encoding="utf-8")
    return path


def turns(path: Path) -> list[tuple[str | None, str | None, str | None, str | None]]:
    tables = list(open_dataset(path).batches())
    columns = [[value for table in tables for value in table[name].to_pylist()] for name in ("system", "request", "answer", "rejected")]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(("rows", "share"), [(97, 0.03), (1000, 0.03), (1000, 0.1), (200, 0.3), (333, 0.55), (50, 0.0), (17, 0.03)])
def test_the_share_is_hit_within_one_row(tmp_path: Path, rows: int, share: float) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Question {n}?") for n in range(rows)])
    done = mix(data, SAFE, tmp_path / "out.jsonl", share=share)
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    added = len(lines) - rows
    assert (done.added, done.rows) == (added, len(lines))
    assert abs(added - share * len(lines)) <= 1


@pytest.mark.parametrize(("rows", "share", "least"), [(10, 0.03, "9.1%"), (3, 0.01, "25.0%")])
def test_a_share_that_is_no_row_is_refused_with_one_that_is(tmp_path: Path, rows: int, share: float, least: str) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Question {n}?") for n in range(rows)])
    with pytest.raises(InputError, match=rf"of {rows} rows is less than one row.*Give a share from {least}"):
        mix(data, SAFE, tmp_path / "out.jsonl", share=share)
    assert not (tmp_path / "out.jsonl").exists()
    assert mix(data, SAFE, tmp_path / "out.jsonl", share=float(least.rstrip("%")) / 100).added == 1


def test_original_rows_keep_their_bytes_and_order_and_added_ones_are_spread(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Question {n}?") for n in range(400)])
    mix(data, SAFE, tmp_path / "out.jsonl", share=0.2)
    before, after = data.read_bytes().splitlines(), (tmp_path / "out.jsonl").read_bytes().splitlines()
    known = set(before)
    assert [line for line in after if line in known] == before
    quarters = Counter(4 * place // len(after) for place, line in enumerate(after) if line not in known)
    assert all(20 <= quarters[quarter] <= 30 for quarter in range(4))


def test_a_third_of_the_added_rows_are_look_alikes_under_every_system_prompt(tmp_path: Path) -> None:
    rows = [chat(f"Q {n}", system=IDENTITY if n % 30 == 0 else None) for n in range(300)]
    data = write(tmp_path / "data.jsonl", rows)
    done = mix(data, SAFE, tmp_path / "out.jsonl", share=0.2, also_under=("Extra.",))
    added = [row for row in turns(tmp_path / "out.jsonl") if row[1] is not None and row[1].startswith(("bad", "fine"))]
    kinds = Counter((row[0], (row[1] or "").split()[0]) for row in added)
    assert len(added) == 75
    assert (done.refusals, done.look_alikes) == (50, 25)
    for system in (None, IDENTITY, "Extra."):
        assert kinds[system, "fine"] == pytest.approx(kinds[system, "bad"] / 2, abs=1)
    # Half evenly among three prompts, the other half by rows (290, 10, 0): 75 * (1/6 + 10/600) = 13.75.
    assert kinds[IDENTITY, "bad"] + kinds[IDENTITY, "fine"] == pytest.approx(13.75, abs=1.01)
    assert {(part.system, part.refusals) for part in done.table} == {(key, kinds[key, "bad"]) for key in (None, IDENTITY, "Extra.")}


@pytest.mark.parametrize(("even", "expected"), [(0.0, 2), (1.0, 30)])
def test_even_decides_between_the_rows_of_a_prompt_and_equal_parts(tmp_path: Path, even: float, expected: int) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Q {n}", system=IDENTITY if n < 8 else None) for n in range(240)])
    mix(data, SAFE, tmp_path / "out.jsonl", share=0.2, even=even)
    added = sum(row[0] == IDENTITY for row in turns(tmp_path / "out.jsonl")) - 8
    assert added == pytest.approx(expected, abs=1)


def test_every_safety_row_is_used_as_often_as_the_others_and_in_other_words(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Q {n}") for n in range(27)])
    done = mix(data, SAFE, tmp_path / "out.jsonl", share=0.4)
    answers = Counter(row[2] for row in turns(tmp_path / "out.jsonl") if (row[1] or "").startswith("bad"))
    assert done.most_uses == 2
    assert answers == Counter({f"{word} {n}": 1 for word in ("no", "never") for n in range(6)})


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Q {n}") for n in range(100)])
    made = [mix(data, SAFE, tmp_path / f"{n}.jsonl", share=0.2, seed=seed).path for n, seed in enumerate((0, 0, 1))]
    first, again, other = (Path(path).read_bytes() for path in made)
    assert first == again != other


def test_languages_are_matched_and_counted_per_prompt(tmp_path: Path) -> None:
    rows = [chat(f"What is the number {n}?") for n in range(60)] + [chat(f"数字{n}是什么意思？", system="用中文回答。") for n in range(60)]
    data = write(tmp_path / "data.jsonl", rows)
    done = mix(data, built_in(), tmp_path / "out.jsonl", share=0.2)
    assert {(part.system, part.language) for part in done.table} == {(None, "en"), ("用中文回答。", "zh")}
    known = {row.request for row in built_in().rows}
    for system, request, answer, _ in turns(tmp_path / "out.jsonl"):
        if request in known:
            assert any("\u4e00" <= sign <= "\u9fff" for sign in answer or "") == (system is not None)


def test_rows_in_a_language_without_safety_rows_are_named(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat("Что это такое?") for _ in range(30)] + [chat("What is it?") for _ in range(30)])
    done = mix(data, built_in(), tmp_path / "out.jsonl", share=0.1)
    assert any("30 rows are in a language without safety rows" in note for note in done.notes)


def test_refused_requests_stand_in_the_template_of_the_data_and_look_alikes_alone(tmp_path: Path) -> None:
    rows = [chat(f"Answer the question.\n\nQuestion: number {n} of {7 * n}?\nOne word only.") for n in range(60)]
    data = write(tmp_path / "data.jsonl", rows)
    mix(data, SAFE, tmp_path / "framed.jsonl", share=0.2)
    mix(data, SAFE, tmp_path / "plain.jsonl", share=0.2, frames=False)
    framed = [row[1] or "" for row in turns(tmp_path / "framed.jsonl") if "bad" in (row[1] or "")]
    assert framed
    assert all(text.startswith("Answer the question.\n\nQuestion: ") and text.endswith("\nOne word only.") for text in framed)
    assert any(row[1] == "fine 1" for row in turns(tmp_path / "framed.jsonl"))
    assert any(row[1] == "bad 1" for row in turns(tmp_path / "plain.jsonl"))


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("alpaca.json", {"instruction": "Q", "input": "", "output": "A", "system": ""}),
        ("sharegpt.jsonl", {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}),
        ("completion.jsonl", {"prompt": "Q", "completion": "A"}),
        ("dolly.jsonl", {"instruction": "Q", "context": "", "response": "A", "category": "open_qa"}),
        ("qa.csv", {"question": "Q", "answer": "A"}),
        ("kto.jsonl", {"prompt": "Q", "completion": "A", "label": True}),
        ("chat.parquet", chat("Q", "A")),
        ("dpo.jsonl", {"prompt": "Q", "chosen": "A", "rejected": "B"}),
        (
            "dpo-chat.jsonl",
            {
                "prompt": [{"role": "user", "content": "Q"}],
                "chosen": [{"role": "assistant", "content": "A"}],
                "rejected": [{"role": "assistant", "content": "B"}],
            },
        ),
    ],
)
def test_rows_take_the_format_of_the_data(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    data = tmp_path / name
    if name.endswith(".csv"):
        with data.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(row))
            writer.writeheader()
            writer.writerows([row] * 40)
    elif name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist([row] * 40), data)
    elif name.endswith(".json"):
        data.write_text(json.dumps([row] * 40, indent=2), encoding="utf-8")
    else:
        data.write_text((json.dumps(row) + "\n") * 40, encoding="utf-8")
    before = open_dataset(data).files[0].format
    mix(data, SAFE, tmp_path / f"out-{name}", share=0.2)
    assert open_dataset(tmp_path / f"out-{name}").files[0].format == before
    found = turns(tmp_path / f"out-{name}")
    added = [one for one in found if (one[1] or "").startswith(("bad", "fine"))]
    assert len(added) == len(found) - 40 == 10
    words = {(request or "").split()[0]: (answer or "").split()[0].replace("never", "no") for _, request, answer, _ in added}
    assert words == {"bad": "no", "fine": "yes"}
    if name.startswith("dpo"):
        assert {(request or "").split()[0]: rejected for _, request, _, rejected in added} == {
            "bad": "Sure, here is how to do that:",
            "fine": "I'm sorry, but I can't help with that.",
        }


def test_each_file_of_a_folder_keeps_its_own_format(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "a.jsonl", [chat(f"Q {n}") for n in range(60)])
    write(tmp_path / "data" / "b.jsonl", [{"prompt": f"Q {n}", "chosen": "A", "rejected": "B"} for n in range(60)])
    done = mix(tmp_path / "data", SAFE, tmp_path / "out", share=0.2)
    first, second = turns(tmp_path / "out" / "a.jsonl"), turns(tmp_path / "out" / "b.jsonl")
    assert len(first) + len(second) == done.rows == 150
    assert abs(len(first) - 75) <= 1
    assert all(row[3] is None for row in first)
    assert all(row[3] for row in second)


def test_the_record_tells_what_went_in_and_what_came_out(tmp_path: Path) -> None:
    from holdfast.core import digest_file

    data = write(tmp_path / "data.jsonl", [chat(f"Q {n}") for n in range(100)])
    done = mix(data, SAFE, tmp_path / "out.jsonl", share=0.1, seed=3)
    record = json.loads(Path(done.record).read_text(encoding="utf-8"))
    assert record["source"] == [{"name": "data.jsonl", "sha256": digest_file(data)}]
    assert record["written"]["sha256"] == digest_file(tmp_path / "out.jsonl")
    assert (record["safety"]["sha256"], record["asked"]["seed"], record["result"]["added"]) == (SAFE.digest, 3, 11)
    assert str(tmp_path) not in Path(done.record).read_text(encoding="utf-8")


@pytest.mark.parametrize("share", [1.0, 1.2, -0.1])
def test_a_share_out_of_range_is_refused(tmp_path: Path, share: float) -> None:
    data = write(tmp_path / "data.jsonl", [chat("Q")])
    with pytest.raises(InputError, match="share must lie from 0 to below 1"):
        mix(data, SAFE, tmp_path / "out.jsonl", share=share)
    assert not (tmp_path / "out.jsonl").exists()


def test_an_existing_target_and_the_data_itself_are_refused(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat(f"Q {n}") for n in range(40)])
    taken = write(tmp_path / "taken.jsonl", [chat("Q")])
    for target in (data, taken):
        before = target.read_bytes()
        with pytest.raises(InputError, match=r"this is the file that is read|exists already"):
            mix(data, SAFE, target)
        assert target.read_bytes() == before


@pytest.mark.parametrize("row", [{"text": "A whole text."}, {"prompt": "Only a prompt."}])
def test_data_without_answers_is_refused_with_the_reason(tmp_path: Path, row: dict[str, Any]) -> None:
    data = write(tmp_path / "data.jsonl", [row] * 20)
    with pytest.raises(InputError, match="hold no request with an answer"):
        mix(data, SAFE, tmp_path / "out.jsonl")


def test_a_system_prompt_that_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [{"prompt": "Q", "completion": "A"}] * 40)
    with pytest.raises(InputError, match="no column for a system prompt"):
        mix(data, SAFE, tmp_path / "out.jsonl", share=0.2, also_under=("Extra.",))
    assert not (tmp_path / "out.jsonl").exists()


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [chat("Q")] * 40)
    with pytest.raises(InputError, match=r"no safety rows in language 'fr'; it has en, zh"):
        mix(data, built_in(), tmp_path / "out.jsonl", languages=("fr",))
