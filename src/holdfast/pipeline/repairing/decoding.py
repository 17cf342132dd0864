"""Repairs while decoding: no weight changes, and every answer costs more."""

from __future__ import annotations

import shlex
from pathlib import Path

from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage

__all__ = ["FirstTokens"]

_TOKENS = 5


class FirstTokens:
    """The base has a say in an answer's first tokens, which decide whether it is a refusal (methods.md 4.7)."""

    name = "ensemble"
    title = f"mix the base's probabilities into the first {_TOKENS} tokens of each answer"
    stage: Stage = "decoding"
    trains = False
    strengths: tuple[float, ...] = (0.3, 0.5, 0.7)
    strength_means = f"weight of the base over the first {_TOKENS} tokens"
    costs = f"nothing at training time; base and fine-tune both loaded, and the first {_TOKENS} tokens of every answer asked of both"

    def unfit(self, case: RepairCase) -> str | None:
        """Return why it cannot be tried: two mixed models give no log probability of an answer."""
        if case.by_likelihood:
            return "it gives no log probabilities, so nobody could say what it keeps of the task without questions (--task FILE)"
        return None

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Write the file that names both models and the weight."""
        from holdfast.mitigate.decoding import Ensemble, ensemble_file

        out.mkdir(parents=True, exist_ok=True)
        file = out / "ensemble.json"
        file.write_bytes(ensemble_file(Ensemble(base=case.base, tuned=case.tuned, weight=strength, tokens=_TOKENS)))
        words = ["holdfast", "mitigate", "ensemble", case.base, case.tuned, "--weight", f"{strength:g}", "--tokens", str(_TOKENS)]
        return Applied(reference=f"ensemble:{file}", commands=(shlex.join([*words, "--out", str(file)]),))
