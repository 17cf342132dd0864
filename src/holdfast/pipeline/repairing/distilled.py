"""The fine-tune again, on rows that the aligned model itself wrote under a safety preamble."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Protocol

import msgspec

from holdfast.mitigate import DistillSpec, SafetySet, distill
from holdfast.mitigate.repair import Applied, Progress, RepairCase
from holdfast.pipeline.repairing.data import Mix, mixed_file
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, plain_settings, trained
from holdfast.pipeline.safety_rows import open_safety
from holdfast.plugins import Sampling

__all__ = ["MixDistilled", "write_distilled"]

_TOKENS = 128


class Distiller(Protocol):
    """Writes rows of a model's own answers to the requests of a file, and returns the command that does the same."""

    def __call__(self, case: RepairCase, requests: Path, rows: Path, progress: Progress) -> str:
        """Write `rows`."""
        ...


def write_distilled(case: RepairCase, requests: Path, rows: Path, progress: Progress, *, preamble: str | None = None) -> str:
    """Let the base answer under a preamble, the one that ships without another, as `holdfast mitigate distill` does."""
    run = rows.with_name(f"{rows.name}.run")
    words = ["holdfast", "mitigate", "distill", case.base, "--prompts", str(requests), "--out", str(rows), "--run", str(run)]
    words += ["--preamble", preamble] if preamble is not None else []
    command = shlex.join([*words, "--max-new-tokens", str(_TOKENS), "--seed", str(case.seed)])
    sampling = Sampling(temperature=0.7, top_p=0.95, max_new_tokens=_TOKENS, seed=case.seed)
    spec = DistillSpec(model=case.base, prompts=(str(requests),), sampling=sampling, preamble=preamble)
    distill(spec, rows, run, command=command, progress=progress)
    return command


class MixDistilled(Mix):
    """Refusals in the aligned model's own voice in place of ready ones (context distillation: Askell et al. 2021; Touvron et al. 2023)."""

    name = "mix-distilled"
    title = "mix refusals that the aligned model wrote itself into the data, and train again"
    strengths: tuple[float, ...] = (0.3, 0.5)
    costs = "some answers of the base per safety request, and one fine-tune, longer by the rows added; nothing at serving time"

    def __init__(self, trainer: Trainer = holdfast_train, distiller: Distiller = write_distilled) -> None:
        super().__init__(trainer)
        self._distiller = distiller

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Mix the base's own refusals of the case's safety requests in with share `strength`, and train the base on the result."""
        assert case.safety_rows is not None
        folder = case.work / "distilled"
        rows, typed = folder / "refusals.jsonl", folder / "command.txt"
        if not typed.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            rows.unlink(missing_ok=True)  # what a killed run left
            requests = _requests(case.safety_rows, folder / "requests.jsonl")
            typed.write_text(self._distiller(case, requests, rows, progress), encoding="utf-8")
        safety = open_safety(rows, case.look_alikes or case.safety)
        with_own = msgspec.structs.replace(case, safety=str(rows), look_alikes=case.look_alikes or case.safety, safety_rows=safety)
        out.mkdir(parents=True, exist_ok=True)
        file, mixing = mixed_file(with_own, strength, out)
        before = (typed.read_text(encoding="utf-8"), mixing)
        return trained(plain_settings(case), out, trainer=self._trainer, before=before, progress=progress, data=str(file))


def _requests(rows: SafetySet, path: Path) -> Path:
    """Write the requests that should be refused as prompts, each once."""
    asked = dict.fromkeys(row.request for row in rows.rows if row.refuses)
    lines = [{"id": f"safety-{number}", "prompt": text, "expected": "refuse"} for number, text in enumerate(asked)]
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path
