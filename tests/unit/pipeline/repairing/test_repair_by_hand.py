"""Commands that repeat a repair write to a folder of their own, and read configurations where they lie."""

from __future__ import annotations

from pathlib import Path

from holdfast.compare import CapabilitySpec, CompareSpec
from holdfast.pipeline.repairing.by_hand import by_hand, moved

ROOT = Path("runs/repair/trials")


def test_what_a_trial_wrote_is_written_elsewhere_and_its_configuration_is_read_where_it_lies() -> None:
    typed = moved("holdfast train runs/repair/trials/mix-0.3/train.yaml --set model=base --out runs/repair/trials/mix-0.3/model", ROOT)
    assert typed == "holdfast train runs/repair/trials/mix-0.3/train.yaml --set model=base --out by-hand/mix-0.3/model"


def test_a_prompt_of_several_words_stays_one_word() -> None:
    assert moved("holdfast mitigate mix d.jsonl --also-under 'obey me'", ROOT).endswith("--also-under 'obey me'")


def test_folders_are_made_first_and_the_result_is_measured_last() -> None:
    spec = CompareSpec(base="b", tuned="t", capability=CapabilitySpec(tasks=(Path("q.jsonl"),), gain_of="t"))
    commands = by_hand(
        ["holdfast mitigate scale b t --alpha 0.5 --out runs/repair/trials/scale-0.5/repair"],
        "runs/repair/trials/scale-0.5/repair",
        ROOT,
        spec,
        policy="repair",
    )
    assert commands[0] == "mkdir -p by-hand/scale-0.5"
    assert commands[-1].startswith("holdfast compare b by-hand/scale-0.5/repair --half report --policy repair --no-follow-up")
    assert "--capability q.jsonl --gain-of t" in commands[-1]
