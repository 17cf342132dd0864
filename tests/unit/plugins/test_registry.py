"""Plug-ins are found by name, and a wrong or missing one is one sentence."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from holdfast.core import MissingExtraError, PluginError
from holdfast.plugins import load, model_kind, names, open_suite, register
from holdfast.plugins import registry as registry_module
from holdfast.plugins.suites import SuiteOptions


def test_built_ins_pass_through_the_entry_points() -> None:
    assert {"transformers", "replay", "lab"} <= set(names("model"))
    assert {"refusal", "qi2023", "lab"} <= set(names("judge"))
    assert {"policy11", "contrast", "domain", "file", "lab"} <= set(names("suite"))


def test_every_entry_point_of_a_light_kind_loads() -> None:
    for kind in ("judge", "suite"):
        for name in names(kind):
            assert callable(load(kind, name))


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("./folder", "transformers"),
        ("org/name", "transformers"),
        ("hub:org/name@abc", "transformers"),
        ("./a+./b", "transformers"),
        ("replay:answers.jsonl", "replay"),
        ("lab:aligned", "lab"),
    ],
)
def test_the_prefix_of_a_reference_says_its_kind(reference: str, kind: str) -> None:
    assert model_kind(reference) == kind


def test_an_unknown_kind_of_model_has_near_matches() -> None:
    with pytest.raises(PluginError, match="Did you mean 'replay'"):
        model_kind("repley:file")


def test_a_plug_in_can_be_registered_for_a_while() -> None:
    with register("judge", "mine", "a judge"):
        assert load("judge", "mine") == "a judge"
        assert "mine" in names("judge")
    with pytest.raises(PluginError, match="judge 'mine' is not known"):
        load("judge", "mine")


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needs_torch_xyz.py").write_text("raise ModuleNotFoundError('no', name='torch.nn')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = importlib.metadata.EntryPoint("heavy", "needs_torch_xyz:Thing", "holdfast.judges")
    monkeypatch.setattr(registry_module, "_entry_points", lambda kind: {"heavy": point})
    with pytest.raises(MissingExtraError, match=r"pip install 'holdfast\[hf\]'"):
        load("judge", "heavy")
    sys.modules.pop("needs_torch_xyz", None)


def test_an_unknown_suite_has_near_matches() -> None:
    with pytest.raises(PluginError, match="Did you mean 'policy11'"):
        open_suite("policy12", SuiteOptions())
