"""Repairs in the data: the fine-tune again, on rows that keep the model safe."""

from __future__ import annotations

import shlex
import shutil
import time
from pathlib import Path

import msgspec

from holdfast.mitigate import mix
from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage, safety_words
from holdfast.pipeline.repairing.retraining import Trainer, holdfast_train, plain_settings, trained, without_training

__all__ = ["Mix", "mixed_file", "mixed_model"]

_DONE = "applied.json"


class Mix:
    """Safety rows spread through the data, under every system prompt in play (Bianchi et al., ICLR 2024), and the fine-tune again."""

    name = "mix"
    title = "mix safety rows into the data, under every system prompt in play, and train again"
    stage: Stage = "data"
    trains = True
    strengths: tuple[float, ...] = (0.1, 0.3, 0.5)
    strength_means = "share of safety rows, a third of them benign look-alikes"
    costs = "one fine-tune, longer by the rows added; nothing at serving time"

    def __init__(self, trainer: Trainer = holdfast_train) -> None:
        self._trainer = trainer

    def unfit(self, case: RepairCase) -> str | None:
        """Return what is missing for it."""
        return without_training(case, safety=True)

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Mix with share `strength`, and train the base on the result."""
        return mixed_model(case, strength, self._trainer, progress)


def mixed_model(case: RepairCase, share: float, trainer: Trainer, progress: Progress) -> Applied:
    """Return the fine-tune on mixed rows, from `case.work` where an earlier trial of the run made it."""
    folder = case.work / f"mix-{share:g}"
    done = folder / _DONE
    if done.is_file():
        return msgspec.json.decode(done.read_bytes(), type=Applied)
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run left half full
    folder.mkdir(parents=True)
    file, command = mixed_file(case, share, folder)
    began = time.monotonic()
    made = trained(plain_settings(case), folder, trainer=trainer, before=(command,), progress=progress, data=str(file))
    shared = f"the fine-tune on {100 * share:g} % safety rows took {time.monotonic() - began:.0f} s, and all trials of the run share it"
    done.write_bytes(msgspec.json.encode(msgspec.structs.replace(made, notes=(shared,))))
    return made


def mixed_file(case: RepairCase, share: float, out: Path) -> tuple[Path, str]:
    """Write the case's data with safety rows into `out`, and return the file and the command that does the same."""
    assert case.data is not None
    assert case.safety_rows is not None
    file = out / f"mixed{case.data.suffix}"
    mix(case.data, case.safety_rows, file, share=share, also_under=case.systems, seed=case.seed)
    words = ["holdfast", "mitigate", "mix", str(case.data), "--share", f"{100 * share:g}%", *safety_words(case)]
    return file, shlex.join([*words, "--out", str(file)])
