"""The conformance check of sampling: is temperature honoured, and does a seed bring the same answer again?"""

from __future__ import annotations

from typing import Any

from holdfast.models.served.conformance import Check, State
from holdfast.models.served.failures import Lost, Refused
from holdfast.models.served.parallel import in_parallel
from holdfast.models.served.probing import Prober
from holdfast.models.served.wire import Garbage, Withheld

__all__ = ["check_sampling"]

_STORY = "Tell me a story that nobody has told before."
_TOKENS = 16
_HOT = 1.5
_SEEDS = (11, 12, 13, 14)


def check_sampling(prober: Prober) -> list[Check]:
    """Return the checks 'temperature', 'top p', 'seed', 'seed with others' and 'n'.

    A model that is sure of every token answers alike at any temperature, so that alike means IGNORED as far as anyone can
    see: nothing sampled can be asked of it.
    """
    try:
        greedy = _text(prober, temperature=0.0)
        hot = {seed: _text(prober, temperature=_HOT, seed=seed) for seed in _SEEDS}
    except Refused as error:
        return [Check(name="temperature", state=State.REFUSED, seen=str(error), means="no answer can be sampled")]
    except (Lost, Garbage, Withheld) as error:
        return [Check(name="temperature", state=State.UNKNOWN, seen=str(error), means="no answer can be sampled")]
    if set(hot.values()) == {greedy}:
        seen = f"temperature {_HOT} with {len(_SEEDS)} seeds gave the greedy answer each time"
        return [Check(name="temperature", state=State.IGNORED, seen=seen, means="no answer can be sampled")]
    works = Check(name="temperature", state=State.WORKS, seen=f"{len(set(hot.values()))} of {len(_SEEDS)} sampled answers are distinct")
    try:
        return [works, _top_p(prober, greedy), *_seed(prober, hot), _many(prober)]
    except (Refused, Lost, Garbage, Withheld) as error:
        return [works, Check(name="seed", state=State.UNKNOWN, seen=str(error), means="sampled answers cannot be made again")]


def _text(prober: Prober, **settings: Any) -> str:
    answer = prober.read(prober.raw_answer(_STORY, most=_TOKENS, **settings), _TOKENS)
    return f"{answer.thinking or ''}\n{answer.text}"


def _top_p(prober: Prober, greedy: str) -> Check:
    same = all(_text(prober, temperature=_HOT, top_p=1e-6, seed=seed) == greedy for seed in _SEEDS[:2])
    if same:
        return Check(name="top p", state=State.WORKS, seen="a top_p of almost 0 gives the greedy answer")
    return Check(name="top p", state=State.IGNORED, seen="a top_p of almost 0 changes nothing", means="--top-p below 1 cannot be asked for")


def _seed(prober: Prober, hot: dict[int, str]) -> list[Check]:
    means = "sampled answers cannot be made again: a run that is gone on with is as good, and not the same"
    again = {seed: _text(prober, temperature=_HOT, seed=seed) for seed in _SEEDS}
    same = sum(again[seed] == hot[seed] for seed in _SEEDS)
    if same < len(_SEEDS):
        return [Check(name="seed", state=State.IGNORED, seen=f"{same} of {len(_SEEDS)} sampled answers came again", means=means)]
    seeded = Check(name="seed", state=State.WORKS, seen=f"{same} of {len(_SEEDS)} sampled answers came again")
    together = in_parallel(lambda seed: _text(prober, temperature=_HOT, seed=seed), _SEEDS, threads=len(_SEEDS))
    same = sum(text == hot[seed] for text, seed in zip(together, _SEEDS, strict=True))
    seen = f"{same} of {len(_SEEDS)} came again when asked for at once"
    if same < len(_SEEDS):
        return [seeded, Check(name="seed with others", state=State.WRONG, seen=seen, means=means)]
    return [seeded, Check(name="seed with others", state=State.WORKS, seen=seen)]


def _many(prober: Prober) -> Check:
    found = prober.raw_answer(_STORY, most=_TOKENS, n=2)
    got = len(found.get("choices") or ())
    state = State.WORKS if got == 2 else State.IGNORED
    return Check(name="n", state=state, seen=f"asked for 2 answers, got {got}", means="" if got == 2 else "none: each sample is a request")
