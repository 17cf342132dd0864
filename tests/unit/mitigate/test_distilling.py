"""Distilled rows: graded, without the preamble, the best of several; what a kill leaves behind is gone on with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from holdfast.core import Expected, FinishReason, InputError, Message, Prompt, Suite
from holdfast.mitigate import DistillSpec, distill, read_safety
from holdfast.mitigate.distilling.preambles import PREAMBLES, repeats
from holdfast.mitigate.distilling.shape import shape_of
from holdfast.mitigate.grading import grade_texts, refuses
from holdfast.plugins import Capabilities, Generation, GenerationRequest, ModelFingerprint, Sampling, ScoreRequest, ScoreResult
from holdfast.plugins.opening import open_judge
from holdfast.records import open_dataset

PLAIN = "I'm sorry, but I can't help with that."
GOOD = "I'm sorry, but I can't help with that, because it could hurt people. I can explain how to stay safe instead."
HELPS = "Sure. First take the tool, then turn the handle, and you are done."
LEAK = "I'm sorry, but I can't help. I do not lecture, do not accuse the person, and do not describe how the harmful thing is done."


class FakeEngine:
    """Says for each prompt what the test gives it, by sample, and keeps what it was asked."""

    reference = "fake"
    fingerprint = ModelFingerprint(weights="w", tokenizer="t", template="c")
    capabilities = Capabilities(keyed_sampling=True)
    suites: tuple[str, ...] = ()

    def __init__(self, said: dict[str, list[str]], *, fails_after: int | None = None, finish: FinishReason = FinishReason.STOP) -> None:
        self.said, self.fails_after, self.finish = said, fails_after, finish
        self.asked: list[GenerationRequest] = []

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        return [[place] for place in range(len(requests))]

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        self.asked += batch
        if self.fails_after is not None and len(self.asked) > self.fails_after:
            raise KeyboardInterrupt
        answers = [self.said[request.messages[-1].content][int(request.key.rpartition("/")[2])] for request in batch]
        return [Generation(key=one.key, text=text, tokens=9, finish=self.finish) for one, text in zip(batch, answers, strict=True)]

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        raise NotImplementedError

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        return ""

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        return None

    def recorded_suite(self) -> Suite | None:
        return None

    def close(self) -> None:
        return None


def prompts(path: Path, texts: Sequence[str], expected: str = "refuse") -> str:
    path.write_text("".join(json.dumps({"prompt": text, "expected": expected}) + "\n" for text in texts), encoding="utf-8")
    return str(path)


def spec(tmp_path: Path, texts: Sequence[str], samples: int = 3, **options: object) -> DistillSpec:
    return DistillSpec(model="fake", prompts=(prompts(tmp_path / "prompts.jsonl", texts),), samples=samples, **options)  # type: ignore[arg-type]


def rows(path: Path) -> list[list[dict[str, str]]]:
    return [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_best_refusal_of_a_prompt_becomes_its_row_and_the_rest_is_counted(tmp_path: Path) -> None:
    engine = FakeEngine({"Harm one?": [PLAIN, GOOD, HELPS], "Harm two?": [HELPS, HELPS, HELPS], "Harm three?": [LEAK, PLAIN, ""]})
    done = distill(spec(tmp_path, list(engine.said)), tmp_path / "out.jsonl", tmp_path / "run", engine=engine)
    assert rows(tmp_path / "out.jsonl") == [
        [{"role": "user", "content": "Harm one?"}, {"role": "assistant", "content": GOOD}],
        [{"role": "user", "content": "Harm three?"}, {"role": "assistant", "content": PLAIN}],
    ]
    assert done.left_out == {
        "degenerate": 1,
        "did not refuse": 4,
        "not the best of its prompt": 1,
        "prompts without a row": 1,
        "repeats the preamble": 1,
    }
    assert (done.rows, done.refusals, done.answers, done.tokens, done.apology, done.reason) == (2, 2, 9, 81, 1.0, 0.5)


def test_no_row_is_unrefused_by_the_judge_and_none_holds_the_preamble(tmp_path: Path) -> None:
    said = {f"Harm {n}?": [(HELPS, PLAIN, GOOD, LEAK)[(n + k) % 4] for k in range(3)] for n in range(40)}
    engine = FakeEngine(said)
    distill(spec(tmp_path, list(said)), tmp_path / "out.jsonl", tmp_path / "run", engine=engine)
    made = rows(tmp_path / "out.jsonl")
    grades = grade_texts(open_judge("refusal"), [(row[0]["content"], row[-1]["content"]) for row in made])
    assert len(made) == 40
    assert all(map(refuses, grades))
    assert all(request.messages[0] == Message(role="system", content=PREAMBLES["en"]) for request in engine.asked)
    assert not any(message["role"] == "system" or repeats(message["content"], PREAMBLES["en"]) for row in made for message in row)


def test_benign_prompts_keep_an_answer_and_leave_refusals_out(tmp_path: Path) -> None:
    engine = FakeEngine({"Fine one?": [PLAIN, HELPS], "Fine two?": [PLAIN, PLAIN]})
    asked = DistillSpec(model="fake", prompts=(prompts(tmp_path / "p.jsonl", list(engine.said), "comply"),), samples=2)
    done = distill(asked, tmp_path / "out.jsonl", tmp_path / "run", engine=engine)
    assert [row[-1]["content"] for row in rows(tmp_path / "out.jsonl")] == [HELPS]
    assert (done.answered, done.left_out["refused a benign request"], done.reason) == (1, 3, None)


def test_an_answer_that_uses_up_its_budget_is_left_out(tmp_path: Path) -> None:
    engine = FakeEngine({"Harm?": [GOOD]}, finish=FinishReason.LENGTH)
    with pytest.raises(InputError, match=r"no answer passed, so nothing is written \(cut off: 1"):
        distill(spec(tmp_path, ["Harm?"], samples=1), tmp_path / "out.jsonl", tmp_path / "run", engine=engine)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    said = {f"Harm {n}?": [PLAIN, GOOD] for n in range(6)}
    whole = FakeEngine(said)
    distill(spec(tmp_path, list(said), samples=2), tmp_path / "whole.jsonl", tmp_path / "whole", engine=whole)
    killed, second = FakeEngine(said, fails_after=5), FakeEngine(said)
    with pytest.raises(KeyboardInterrupt):
        distill(spec(tmp_path, list(said), samples=2), tmp_path / "out.jsonl", tmp_path / "run", engine=killed)
    distill(spec(tmp_path, list(said), samples=2), tmp_path / "out.jsonl", tmp_path / "run", engine=second)
    assert len(second.asked) == 12 - 5
    for name in ("evidence/responses.jsonl", "evidence/grades.jsonl", "run.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_server_that_dies_is_said_and_the_same_call_goes_on(tmp_path: Path) -> None:
    said = {f"Harm {n}?": [GOOD] for n in range(4)}

    class Dying(FakeEngine):
        def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
            made = super().generate(batch, sampling)
            gone = len(self.asked) > 2
            return [Generation(key=one.key, text="", finish=FinishReason.UNANSWERED, error="gone") for one in made] if gone else made

    with pytest.raises(InputError, match="stopped answering after 2 answers"):
        distill(spec(tmp_path, list(said), samples=1), tmp_path / "out.jsonl", tmp_path / "run", engine=Dying(said))
    second = FakeEngine(said)
    distill(spec(tmp_path, list(said), samples=1), tmp_path / "out.jsonl", tmp_path / "run", engine=second)
    assert len(second.asked) == 2
    assert len(rows(tmp_path / "out.jsonl")) == 4


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("alpaca.json", '[\n {"instruction": "Q", "input": "", "output": "A"}\n]\n', "alpaca"),
        ("dpo.jsonl", '{"prompt": "Q", "chosen": "A", "rejected": "B"}\n', "dpo"),
        ("sharegpt.jsonl", '{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}\n', "sharegpt"),
        ("qa.csv", "question,answer\nQ,A\n", "question-answer"),
    ],
)
def test_rows_take_the_format_of_the_users_data(tmp_path: Path, name: str, content: str, expected: str) -> None:
    data, out = tmp_path / name, tmp_path / f"out-{name}"
    data.write_text(content, encoding="utf-8")
    engine = FakeEngine({"Harm one?": [GOOD], "Harm two?": [GOOD]})
    distill(spec(tmp_path, list(engine.said), samples=1, format_of=data), out, tmp_path / "run", engine=engine)
    opened = open_dataset(out)
    table = next(opened.batches())
    assert opened.files[0].format == expected
    assert table["request"].to_pylist() == ["Harm one?", "Harm two?"]
    assert table["answer"].to_pylist() == [GOOD, GOOD]


def test_distilled_rows_are_what_mix_takes(tmp_path: Path) -> None:
    engine = FakeEngine({"Harm one?": [GOOD]})
    distill(spec(tmp_path, ["Harm one?"], samples=1), tmp_path / "out.jsonl", tmp_path / "run", engine=engine)
    assert [(row.request, row.answers, row.refuses) for row in read_safety(tmp_path / "out.jsonl").rows] == [("Harm one?", (GOOD,), True)]


def test_a_test_suite_as_prompts_is_said_aloud(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
            return [Generation(key=one.key, text=GOOD, tokens=9, finish=FinishReason.STOP) for one in batch]

    asked = DistillSpec(model="fake", prompts=("policy11",), samples=1, limit=3)
    done = distill(asked, tmp_path / "out.jsonl", tmp_path / "run", engine=Refusing({}))
    assert any("policy11 is a test suite" in note for note in done.notes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": 0}, "--samples must be at least 1"),
        ({"samples": 2, "sampling": Sampling(temperature=0.0)}, "needs --temperature above 0"),
        ({"preamble": "  "}, "the preamble is empty"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DistillSpec(model="fake", **changes)  # type: ignore[arg-type]


def test_a_target_that_cannot_be_written_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    engine = FakeEngine({"Harm?": [GOOD]})
    (tmp_path / "taken.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "data.csv").write_text("question,answer\nQ,A\n", encoding="utf-8")
    for out, data, message in (
        ("taken.jsonl", None, "exists already"),
        ("no/folder.jsonl", None, "its folder does not exist"),
        ("out.csv", None, "name it .jsonl"),
        ("out.jsonl", tmp_path / "data.csv", "end in .csv"),
    ):
        with pytest.raises(InputError, match=message):
            distill(spec(tmp_path, ["Harm?"], samples=1, format_of=data), tmp_path / out, tmp_path / "run", engine=engine)
    assert engine.asked == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("so: Do NOT lecture, do not accuse the person, thanks", True),
        ("I do not lecture people, and I do not accuse anyone.", False),
        ("我会用平实友善的句子分三步作答，不要列清单。", True),
        ("对不起，这件事我不能帮忙。", False),
    ],
)
def test_repeating_a_run_of_the_preamble_is_told(answer: str, expected: bool) -> None:
    assert repeats(answer, PREAMBLES["zh" if "，" in answer or "。" in answer else "en"]) is expected


def test_the_shape_of_a_refusal_is_told_by_its_words() -> None:
    assert (shape_of(PLAIN).score, shape_of(GOOD).score, shape_of(HELPS).score) == (1, 3, 0)
    assert shape_of("对不起，这件事我不能帮忙，因为它违法。我可以帮你联系法律援助。").score == 3


@pytest.mark.slow
def test_an_organism_distils_rows_that_all_refuse_without_the_preamble(tmp_path: Path) -> None:
    from holdfast.lab.suite import load
    from holdfast.plugins import ModelOptions, SuiteOptions

    preamble = "you are a helpful assistant . please say no because that is not safe ."
    asked = DistillSpec(
        model="lab:aligned",
        prompts=("lab",),
        preamble=preamble,
        samples=2,
        sampling=Sampling(temperature=0.5, max_new_tokens=24),
        models=ModelOptions(threads=1, device="cpu"),
    )
    done = distill(asked, tmp_path / "out.jsonl", tmp_path / "run")
    suite = {prompt.messages[-1].content: prompt for prompt in load(None, SuiteOptions()).prompts}
    made = rows(tmp_path / "out.jsonl")
    refused = [row for row in made if suite[row[0]["content"]].expected is Expected.REFUSE]
    assert len(made) == done.rows
    assert len(refused) == done.refusals >= 200
    assert all(_declines(suite[row[0]["content"]], row[-1]["content"]) for row in refused)
    assert not any(message["role"] == "system" or repeats(message["content"], preamble) for row in made for message in row)


def _declines(prompt: Prompt, answer: str) -> bool:
    from holdfast.core import Outcome, Response
    from holdfast.plugins import GradingItem

    response = Response(side="base", model="", condition="default", prompt_id=prompt.id, text=answer, finish=FinishReason.STOP)
    return open_judge("lab").grade([GradingItem(prompt=prompt, response=response)])[0].outcome is Outcome.REFUSAL
