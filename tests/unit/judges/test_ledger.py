"""Sensitivity and specificity of a judge, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from tests.unit.judges.items import grading_item

from holdfast.core import Grade, JudgeError, Manner, Outcome
from holdfast.judges import Label, LabelSet, Qi2023Judge, RefusalJudge, measure_judge, measure_on, shipped_ledger
from holdfast.judges.grades import grade_of
from holdfast.judges.shipped import LEDGER_FILE
from holdfast.plugins import GradingItem, JudgeCard, Ledger, LedgerRow

OUTCOMES: dict[str, tuple[Outcome | None, Manner | None]] = {
    "R": (Outcome.REFUSAL, Manner.REFUSED),
    "P": (Outcome.ANSWERED, Manner.PARTLY_REFUSED),
    "A": (Outcome.ANSWERED, Manner.ANSWERED),
    "S": (Outcome.SAFE_ANSWER, Manner.ANSWERED),
    "H": (Outcome.HARMFUL, Manner.ANSWERED),
    "D": (Outcome.DEGENERATE, Manner.LOOP),
    "?": (None, None),
}
LABELS = {"r": Label.REFUSAL, "p": Label.PARTIAL_REFUSAL, "a": Label.ANSWERED, "h": Label.HARMFUL, "s": Label.SAFE}


class Scripted:
    """Says what each response tells it to say."""

    ledger: tuple[LedgerRow, ...] = ()

    def __init__(self, *, tells_harm: bool = False, drops: int = 0) -> None:
        self.card = JudgeCard(id="scripted", version="3", title="", languages=("en",), tells_harm=tells_harm)
        self.drops = drops

    def grade(self, items: Sequence[GradingItem]) -> list[Grade]:
        grades = [grade_of(item, self.card.name, *OUTCOMES[item.text], "") for item in items]
        return grades[self.drops :]


def measured(script: str, *, tells_harm: bool = False, confidence: float = 0.95, note: str = "") -> list[LedgerRow]:
    """'rR rA' is a refusal graded as one and a refusal graded as an answer; '50*aA' is fifty answers graded as such."""
    words = [word for part in script.split() for word in ([part.split("*")[1]] * int(part.split("*")[0]) if "*" in part else [part])]
    items = [grading_item(word[1]) for word in words]
    labels = [LABELS[word[0]] for word in words]
    return measure_judge(Scripted(tells_harm=tells_harm), items, labels, label_set="set", confidence=confidence, note=note)


def test_sensitivity_and_specificity_with_wilson_intervals() -> None:
    (row,) = measured("8*rR 2*rA 27*aA 3*aR")
    assert (row.label_set, row.positive, row.n_positive, row.n_negative) == ("set", "refusal", 10, 30)
    assert (row.sensitivity, row.specificity) == (0.8, 0.9)
    # Wilson's formula for 8 of 10 and 27 of 30 at 95 %, in 40-digit decimals.
    assert row.sensitivity_low == pytest.approx(0.4901624715366417)
    assert row.sensitivity_high == pytest.approx(0.9433178485456247)
    assert row.specificity_low == pytest.approx(0.7437891742081592)
    assert row.specificity_high == pytest.approx(0.9654001112526658)
    assert row.note == ""


def test_the_interval_follows_the_confidence() -> None:
    (wide,), (narrow,) = measured("8*rR 2*rA 9*aA", confidence=0.99), measured("8*rR 2*rA 9*aA", confidence=0.8)
    assert wide.sensitivity_low is not None
    assert narrow.sensitivity_low is not None
    assert wide.sensitivity_low < narrow.sensitivity_low
    assert (wide.confidence, narrow.confidence) == (0.99, 0.8)


def test_harmful_answers_are_no_refusals_and_the_label_safe_says_nothing_of_refusal() -> None:
    (row,) = measured("rR hA hR 5*sA 5*sR")
    assert (row.n_positive, row.n_negative, row.sensitivity, row.specificity) == (1, 2, 1.0, 0.5)


def test_degenerate_grades_are_missed_refusals_and_spared_answers() -> None:
    (row,) = measured("rR rD aD aA")
    assert (row.sensitivity, row.specificity) == (0.5, 1.0)


def test_unscored_grades_are_in_no_rate_and_are_told() -> None:
    (row,) = measured("rR rA 2*r? aA a?", note="by hand")
    assert (row.n_positive, row.n_negative, row.sensitivity, row.specificity) == (2, 1, 0.5, 1.0)
    assert row.note == "by hand; 3 unscored"


def test_a_set_without_a_label_leaves_its_rate_unmeasured() -> None:
    (row,) = measured("3*rR")
    assert (row.n_negative, row.specificity, row.specificity_low, row.specificity_high) == (0, None, None, None)
    (row,) = measured("3*aA r?")
    assert (row.n_positive, row.sensitivity) == (0, None)


def test_partial_refusals_are_a_row_of_their_own() -> None:
    whole, partial = measured("rR aA 4*pR 3*pP 2*pA pD p?", note="by hand")
    assert (whole.n_positive, whole.n_negative) == (1, 1)
    assert (partial.positive, partial.n_positive, partial.n_negative) == ("partial_refusal", 10, 2)
    assert (partial.sensitivity, partial.specificity) == (0.3, 1.0)
    assert partial.note == "by hand; called 4 refused, 3 partly refused, 2 answered, 1 degenerate, 1 unscored"


def test_whole_refusals_and_answers_called_partial_count_against_the_specificity_of_partial_refusals() -> None:
    *_, partial = measured("3*rR rP 3*aA aP pP sP ?? hA".replace("??", "a?"))
    assert (partial.n_positive, partial.n_negative) == (1, 9)
    assert partial.specificity == pytest.approx(7 / 9)


def rows_of(
    script: dict[tuple[str, str], str], *, tells_harm: bool = False, domain: str = "general"
) -> dict[tuple[str, str, str], LedgerRow]:
    """From (category, side) to a script as in `measured`; rows by (positive, category, side)."""
    items: list[GradingItem] = []
    labels: list[Label] = []
    sides: list[str] = []
    for (category, side), text in script.items():
        for part in text.split():
            many, _, word = part.rpartition("*")
            item = grading_item(word[1])
            items += [msgspec.structs.replace(item, prompt=msgspec.structs.replace(item.prompt, category=category))] * int(many or 1)
            labels += [LABELS[word[0]]] * int(many or 1)
            sides += [side] * int(many or 1)
    rows = measure_judge(Scripted(tells_harm=tells_harm), items, labels, sides=sides, domain=domain)
    return {(row.positive, row.category, row.side): row for row in rows}


def test_a_category_gets_a_row_from_fifty_labels_of_each_class_on() -> None:
    found = rows_of({("fraud", ""): "45*rR 5*rA 49*aA aR", ("malware", ""): "50*rR 49*aA", ("all", ""): "60*rR 60*aA"})
    assert set(found) == {("refusal", "", ""), ("refusal", "fraud", "")}
    fraud = found["refusal", "fraud", ""]
    assert (fraud.n_positive, fraud.n_negative, fraud.sensitivity, fraud.specificity) == (50, 50, 0.9, 0.98)
    assert found["refusal", "", ""].n_positive == 160


def test_unscored_responses_are_no_labels_that_a_category_could_rest_on() -> None:
    assert ("refusal", "fraud", "") not in rows_of({("fraud", ""): "49*rR r? 50*aA"})


def test_sides_get_rows_where_both_have_both_classes() -> None:
    found = rows_of({("all", "base"): "9*rR rA 10*aA", ("all", "tuned"): "7*rR 3*rA 8*aA 2*aR", ("all", ""): "rR aA"})
    assert (found["refusal", "", "base"].sensitivity, found["refusal", "", "base"].specificity) == (0.9, 1.0)
    assert (found["refusal", "", "tuned"].sensitivity, found["refusal", "", "tuned"].specificity) == (0.7, 0.8)
    assert found["refusal", "", ""].n_positive == 21
    assert set(rows_of({("all", "base"): "9*rR 10*aA", ("all", "tuned"): "7*rR"})) == {("refusal", "", "")}


def test_harm_is_measured_per_category_and_side_too_and_rows_know_their_domain() -> None:
    script = {("fraud", "base"): "50*hH 50*sS", ("fraud", "tuned"): "25*hH 25*hA 40*sS 10*sH"}
    found = rows_of(script, tells_harm=True, domain="medicine")
    assert found["harmful", "fraud", ""].sensitivity == 0.75
    assert (found["harmful", "", "tuned"].sensitivity, found["harmful", "", "tuned"].specificity) == (0.5, 0.8)
    assert {row.domain for row in found.values()} == {"medicine"}


def test_judges_that_tell_harm_get_a_row_for_it() -> None:
    _, harmful = measured("4*hH hA sS sH rR aS", tells_harm=True)
    assert (harmful.positive, harmful.n_positive, harmful.n_negative) == ("harmful", 5, 4)
    assert (harmful.sensitivity, harmful.specificity) == (0.8, 0.75)
    assert len(measured("4*hA sA rR", tells_harm=False)) == 1
    assert len(measured("sS rR", tells_harm=True)) == 1


def test_what_cannot_be_measured_is_an_error() -> None:
    item = grading_item("R")
    with pytest.raises(JudgeError, match="one label each, got 0 responses and 0 labels"):
        measure_judge(Scripted(), [], [])
    with pytest.raises(JudgeError, match="got 1 responses and 2 labels"):
        measure_judge(Scripted(), [item], [Label.REFUSAL, Label.REFUSAL])
    with pytest.raises(JudgeError, match="'scripted' returned 1 grades for 2 responses"):
        measure_judge(Scripted(drops=1), [item, item], [Label.REFUSAL, Label.REFUSAL])


def test_a_label_set_is_measured_under_its_name() -> None:
    labelled = LabelSet(name="mine", items=(grading_item("R"),), labels=(Label.REFUSAL,))
    (row,) = measure_on(Scripted(), labelled, note="n")
    assert (row.label_set, row.note) == ("mine", "n")


@pytest.mark.parametrize("judge", [RefusalJudge(), Qi2023Judge()], ids=lambda judge: judge.card.id)
def test_a_ledger_ships_with_each_judge_for_exactly_its_version(judge: RefusalJudge | Qi2023Judge) -> None:
    assert judge.ledger
    assert judge.ledger == shipped_ledger(judge.card)
    assert {"XSTest, GPT-4", "XSTest, Llama 2", "HarmBench safe responses", "OpenAI RBR gold"} <= {row.label_set for row in judge.ledger}
    assert shipped_ledger(msgspec.structs.replace(judge.card, version="0")) == ()
    for row in judge.ledger:
        if row.sensitivity is not None and row.sensitivity_low is not None and row.sensitivity_high is not None:
            assert 0 <= row.sensitivity_low <= row.sensitivity <= row.sensitivity_high <= 1


def test_the_shipped_file_holds_numbers_and_no_text_of_the_sets() -> None:
    from importlib.resources import files

    raw = files("holdfast.judges").joinpath(LEDGER_FILE).read_bytes()
    ledger = msgspec.json.decode(raw, type=Ledger)
    assert set(ledger.judges) == {"refusal@1", "qi2023@1"}
    assert max(len(row.note) for rows in ledger.judges.values() for row in rows) < 120
