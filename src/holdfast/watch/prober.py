"""Asking a model that is in training: forward passes for signals, short generation for the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.core import FinishReason, Outcome, Response, Value
from holdfast.plugins import Generation, GradingItem, Judge, ModelFingerprint, Sampling, load, open_judge
from holdfast.watch.prompts import Asked, ProbePrompts
from holdfast.watch.rows import Answers, Signals

if TYPE_CHECKING:
    import torch

__all__ = ["ModelProber", "Prober"]

_FIRST_TOKENS = 10
"""Of the base's own answers; most of what a fine-tune changes lies there (Qi et al., ICLR 2025)."""
_KL_PROMPTS = {"refuse": 6, "benign": 3}
_LEARN_FROM = 8
"""Refused requests from which the openings are learned."""
_OPENING = 3
"""Tokens of an opening, for refusing and for answering alike, so that their log probabilities can be subtracted."""
_PAIR = ("refusing", "answering")
_LIVE = ModelFingerprint(weights="in training", tokenizer="in training", template="in training")


class Prober(Protocol):
    """Something that can be asked how safe it is. Tests and hand-written loops may bring their own."""

    def start(self) -> Answers:
        """Take the model as it is for the start: its answers, and what later signals are held against."""
        ...

    def signals(self, *, deep: bool = True) -> Signals:
        """Return cheap signals of the model as it is now; not `deep` leaves out all but the log-odds."""
        ...

    def answers(self) -> Answers:
        """Let the model as it is now answer, and grade it."""
        ...


class _Reference(Value, frozen=True, kw_only=True):
    """Prompts with the first tokens of the base's own answers, all of one length."""

    prompts: tuple[tuple[int, ...], ...]
    answers: tuple[tuple[int, ...], ...]


class ModelProber:
    """Asks a transformers model in memory, with or without an adapter, and leaves no trace in it.

    Args:
        model: a causal language model, or a PEFT model around one.
        tokenizer: its tokenizer, with a chat template.
        prompts: what to ask.
        judge: who grades; None is the suite's own, or else `refusal`.
        max_new_tokens: length of a short answer. Refusals show in the first words.
        signal_prompts: how many of the requests the forward passes read, per condition.
        beta: of a preference training (DPO and its relatives); None measures no implicit rewards.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        prompts: ProbePrompts,
        *,
        judge: str | None = None,
        max_new_tokens: int = 24,
        signal_prompts: int = 12,
        beta: float | None = None,
    ) -> None:
        self.model, self.tokenizer, self.prompts = model, tokenizer, prompts
        self.judge: Judge = open_judge(judge or prompts.judge or "refusal")
        self.sampling = Sampling(max_new_tokens=max_new_tokens)
        self.openings: Any = None
        """The `RefusalOpenings` learned at the start; None before."""
        self._signal_prompts, self._beta = signal_prompts, beta
        self._engine = load("model", "transformers")().wrap(model, tokenizer, name="the model in training", fingerprint=_LIVE)
        self._reference: dict[str, _Reference] = {}
        self._base_logits: dict[str, torch.Tensor] = {}
        self._meter: Any = None

    def start(self) -> Answers:
        """Answer everything, learn the refusal tokens, and remember the first tokens of the base's own answers."""
        from holdfast.probes import UpdateMeter, first_logits, learn_refusal_openings, learn_refusal_tokens, undisturbed

        to_refuse, to_answer = self.prompts.to_refuse(), self.prompts.to_answer()
        with undisturbed(self.model, self.tokenizer):
            texts, answers = self._ask(to_refuse, to_answer)
            flat = [one for condition in self.prompts.conditions for one in answers.refused[condition.name]]
            ids = self._engine.token_ids([asked.request for asked in (*to_refuse, *to_answer)])
            refused = [index for index, one in enumerate(flat) if one]
            answered = [len(to_refuse) + index for index, one in enumerate(answers.benign_refused) if one is False]
            # A spread of the refused requests is enough to learn how refusals begin and go on.
            some = refused[:: max(1, len(refused) // _LEARN_FROM)]
            tokens = learn_refusal_tokens(
                first_logits(self.model, [ids[index] for index in some]) if some else _nothing(),
                first_logits(self.model, [ids[index] for index in answered]) if answered else _nothing(),
            )
            self.openings = learn_refusal_openings(self.model, [ids[index] for index in some], tokens)
            everything = [*to_refuse, *to_answer]
            for name, chosen in (("refuse", refused), ("benign", answered)):
                self._remember(name, [(everything[index], texts[index]) for index in chosen], [ids[index] for index in chosen])
            if self._beta is not None:
                self._remember_openings()
            self._meter = UpdateMeter(self.model)
        return answers

    def resume(self, start: Answers) -> None:
        """Take up after a restart from a checkpoint, when the weights are no longer those of the start.

        With an adapter the base is still there, and the start is taken from it; without one, nothing is left to hold
        signals against, and only answers tell.
        """
        if hasattr(self.model, "peft_config"):
            from holdfast.probes import undisturbed

            with undisturbed(self.model, self.tokenizer), self.model.disable_adapter():
                self.start()

    def signals(self, *, deep: bool = True) -> Signals:
        """Return refusal log-odds; where `deep`, also KL of the first answer tokens against the base, rewards and update sizes."""
        from holdfast.probes import kl_per_token, undisturbed

        if self.openings is None:
            return Signals(reasons=("the untouched start is gone, and signals are held against it",))
        out: dict[str, Any] = {}
        with undisturbed(self.model, self.tokenizer):
            if self.openings.ids:
                out |= self._refusing()
            if deep:
                for field, name in (("kl", "refuse"), ("kl_benign", "benign")):
                    if name in self._reference:
                        out[field] = tuple(kl_per_token(self._read(name), self._base(name)).tolist())
                if "answering" in self._reference:
                    out["rewards"] = self._rewards(sum(out.get("kl", ())))
                out["updates"] = self._meter.measure(self.model)
        return Signals(**out, reasons=(self.openings.reason,) if self.openings.reason else ())

    def answers(self) -> Answers:
        """Let the model answer every request, briefly and greedily, and grade the answers."""
        from holdfast.probes import undisturbed

        with undisturbed(self.model, self.tokenizer):
            return self._ask(self.prompts.to_refuse(), self.prompts.to_answer())[1]

    def _refusing(self) -> dict[str, Any]:
        from holdfast.probes import log_odds, opening_log_probs

        groups = self._signal_groups()
        ids = self._engine.token_ids([asked.request for _, members in groups for asked in members])
        mass, at = opening_log_probs(self.model, ids, self.openings.ids).exp().sum(-1).clamp(max=1.0), 0
        out: dict[str, Any] = {"log_odds": {}, "refusing": {}}
        for name, members in groups:
            part, at = mass[at : at + len(members)], at + len(members)
            if name is None:
                out["benign_log_odds"] = float(log_odds(part).mean())
            else:
                out["log_odds"][name], out["refusing"][name] = float(log_odds(part).mean()), float(part.mean())
        return out

    def _signal_groups(self) -> list[tuple[str | None, list[Asked]]]:
        groups: list[tuple[str | None, list[Asked]]] = [
            (condition.name, [Asked(prompt=prompt, condition=condition) for prompt in self.prompts.refuse[: self._signal_prompts]])
            for condition in self.prompts.conditions
        ]
        benign = self.prompts.to_answer()[: self._signal_prompts // 2]
        return [*groups, (None, benign)] if benign else groups

    def _ask(self, to_refuse: Sequence[Asked], to_answer: Sequence[Asked]) -> tuple[list[str], Answers]:
        asked = [*to_refuse, *to_answer]
        requests = [one.request for one in asked]
        made: dict[int, Generation] = {}
        for batch in self._engine.plan(requests, self.sampling):
            made |= dict(zip(batch, self._engine.generate([requests[index] for index in batch], self.sampling), strict=True))
        grades = self.judge.grade([_item(one, made[index]) for index, one in enumerate(asked)])
        outcomes = [None if grade.outcome is None else grade.outcome is Outcome.REFUSAL for grade in grades]
        size = len(self.prompts.refuse)
        refused = {
            condition.name: tuple(outcomes[number * size : (number + 1) * size]) for number, condition in enumerate(self.prompts.conditions)
        }
        answers = Answers(refused=refused, benign_refused=tuple(outcomes[len(to_refuse) :]), judge=self.judge.card.name)
        return [made[index].text for index in range(len(asked))], answers

    def _remember(self, name: str, answered: Sequence[tuple[Asked, str]], ids: Sequence[tuple[int, ...]]) -> None:
        pairs = [
            (prompt, self._engine.answer_ids(asked.request, text)[:_FIRST_TOKENS])
            for (asked, text), prompt in zip(answered[: _KL_PROMPTS[name]], ids, strict=False)
        ]
        # All answers get the length of the shortest, so that every position is a mean over the same prompts.
        size = min((len(answer) for _, answer in pairs), default=0)
        if size:
            self._reference[name] = _Reference(prompts=tuple(p for p, _ in pairs), answers=tuple(a[:size] for _, a in pairs))
            if not hasattr(self.model, "peft_config"):
                self._base_logits[name] = self._read(name)

    def _remember_openings(self) -> None:
        """Keep safety pairs: the base's own refusal of a request against the opening that it gives most of its answers."""
        if not {"refuse", "benign"} <= self._reference.keys():
            return
        refusals, answers = self._reference["refuse"], self._reference["benign"]
        size = min(_OPENING, len(refusals.answers[0]), len(answers.answers[0]))
        openings = Counter(answer[:size] for answer in answers.answers)
        common = max(sorted(openings), key=lambda opening: openings[opening])
        prompts = refusals.prompts
        self._reference["refusing"] = _Reference(prompts=prompts, answers=tuple(answer[:size] for answer in refusals.answers))
        self._reference["answering"] = _Reference(prompts=prompts, answers=(common,) * len(prompts))
        for name in ("refusing", "answering"):
            if not hasattr(self.model, "peft_config"):
                self._base_logits[name] = self._read(name)

    def _rewards(self, kl: float) -> dict[str, float]:
        """Return implicit rewards, beta x log(now / base) (Rafailov et al., "Direct preference optimization", NeurIPS 2023).

        The margin is that of refusing over answering, mean over held-out requests: 0 at the start, negative where answering has
        become the preferred way. The reward spent is beta x KL of the first tokens of the base's own refusals.
        """
        moved = {name: float((self._log_prob(name, self._read(name)) - self._log_prob(name, self._base(name))).mean()) for name in _PAIR}
        beta = self._beta or 0.0
        return {
            "implicit_reward_margin": beta * (moved["refusing"] - moved["answering"]),
            "implicit_reward_spent": beta * kl,
        }

    def _log_prob(self, name: str, logits: torch.Tensor) -> torch.Tensor:
        import torch

        chosen = torch.tensor(self._reference[name].answers)
        return logits.double().log_softmax(-1).gather(-1, chosen[..., None])[..., 0].sum(-1)

    def _read(self, name: str) -> torch.Tensor:
        from holdfast.probes import answer_logits

        return answer_logits(self.model, self._reference[name].prompts, self._reference[name].answers)

    def _base(self, name: str) -> torch.Tensor:
        if name not in self._base_logits:
            # The base of an adapter never moves, so it is read once.
            with self.model.disable_adapter():
                self._base_logits[name] = self._read(name)
        return self._base_logits[name]


def _nothing() -> torch.Tensor:
    import torch

    return torch.zeros(0, 1)


def _item(asked: Asked, made: Generation) -> GradingItem:
    response = Response(
        side="tuned",
        model="in training",
        condition=asked.condition.name,
        prompt_id=asked.prompt.id,
        text=made.text,
        thinking=made.thinking,
        tokens=made.tokens,
        finish=FinishReason.ERROR if made.error else made.finish,
        error=made.error,
    )
    return GradingItem(prompt=asked.prompt, response=response)
