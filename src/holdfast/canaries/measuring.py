"""Exposure of planted canaries in a live model: losses of the secret and of its references after the same request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.canaries.exposure import RankExposure, rank_exposure
from holdfast.canaries.extrapolation import Extrapolation, extrapolate
from holdfast.canaries.manifest import Canary, CanaryManifest
from holdfast.core import Measurement, Message, Phase, Value
from holdfast.plugins import Engine, ScoreRequest

__all__ = ["CanaryExposure", "exposure_of", "measure_exposure", "secret_losses", "summarise_exposure"]

_AT_A_TIME = 64
_WHOLE_SPACE = 20_000
"""Up to so many candidates are enumerated; beyond, references stand for the space."""
_LEAST_REFERENCES = 100
_MOST_TIES, _TIE = 0.1, 1e-6
"""Share of references with the secret's own loss beyond which there is no rank, and what counts as the same, in bits and as a share."""
_ALPHA = 0.05
_RESAMPLES = 2000
_LEAST_FOR_INTERVAL = 3


class CanaryExposure(Value, frozen=True, kw_only=True):
    """One canary in one model. It holds no secret."""

    id: str
    format: str
    side: str
    repetitions: int
    """Copies in the data, as planted or, where the data was given, as found."""
    tokens: int
    """Length of the secret as this model's tokenizer splits it."""
    loss_bits: float
    """Negative log2 probability of the secret after the request."""
    exposure: RankExposure | None
    reason: str = ""
    """Why there is no exposure."""
    extrapolated: Extrapolation | None = None
    """Only where no reference is likelier than the secret: beyond log2 n the rank cannot say more."""


def measure_exposure(
    engine: Engine,
    manifest: CanaryManifest,
    canaries: Sequence[Canary],
    *,
    side: str,
    copies: Mapping[str, int] | None = None,
    extrapolation: bool = True,
    progress: Callable[[int], None] = lambda done: None,
) -> list[CanaryExposure]:
    """Return the exposure of each canary. `copies` says how many the data really holds; None takes the manifest's word.

    Only references that the tokenizer splits into as many tokens as the secret are compared with it: among texts of different lengths
    the shorter ones would win. Raises ModelError for an engine that gives no probabilities.
    """
    references = {use.name: _candidates(manifest, use.name) for use in manifest.formats}
    found = []
    for done, canary in enumerate(canaries, 1):
        texts, exact = references[canary.format]
        others = [text for text in texts if text != canary.secret]
        losses, tokens = secret_losses(engine, canary, [canary.secret, *others])
        repetitions = canary.repetitions if copies is None else copies[canary.id]
        seed = manifest.seed if extrapolation else None
        found.append(exposure_of(canary, losses, tokens, exact=exact, side=side, repetitions=repetitions, seed=seed))
        progress(done)
    return found


def _candidates(manifest: CanaryManifest, name: str) -> tuple[list[str], bool]:
    use = next(one for one in manifest.formats if one.name == name)
    pattern = use.pattern()
    if pattern.size <= _WHOLE_SPACE:
        return list(pattern.texts()), True
    return manifest.references(name), False


def secret_losses(engine: Engine, canary: Canary, secrets: Sequence[str]) -> tuple[list[float], list[int]]:
    """Return bits (negative log2 probability) and tokens of each secret after the canary's request.

    Raises ModelError for an engine that gives no probabilities.
    """
    messages, lead = canary.messages, ""
    if canary.raw:
        # A tokenizer may join a space with the word after it: it belongs to the secret, as in the data.
        words = messages[0].content
        lead = words[len(words.rstrip(" ")) :]
        messages = (Message(role="user", content=words.rstrip(" ")),)
    requests = [
        ScoreRequest(messages=messages, continuations=tuple(lead + text for text in secrets[at : at + _AT_A_TIME]), raw=canary.raw)
        for at in range(0, len(secrets), _AT_A_TIME)
    ]
    bits: list[float] = []
    tokens: list[int] = []
    for result in engine.score(requests):
        bits += [-value / log(2) for value in result.log_probs]
        tokens += result.tokens
    return bits, tokens


def exposure_of(
    canary: Canary,
    losses: Sequence[float],
    tokens: Sequence[int],
    *,
    side: str,
    repetitions: int,
    exact: bool = False,
    seed: int | None = None,
) -> CanaryExposure:
    """Return a canary's exposure from the losses of its secret, which comes first, and of its references.

    With `exact` the references are all other candidates; with `seed` an exposure beyond the references is extrapolated.
    """
    alike = [loss for loss, count in zip(losses[1:], tokens[1:], strict=True) if count == tokens[0]]
    whole = exact and len(alike) == len(losses) - 1
    known: RankExposure | None = None
    reason, tail = "", None
    if len(alike) < min(_LEAST_REFERENCES, len(losses) - 1):
        reason = (
            f"the tokenizer splits the secret into {tokens[0]} tokens, and only {len(alike)} of {len(losses) - 1} references into as many; "
            f"{_LEAST_REFERENCES} are needed. Plant the formats 'digits' or 'words', or more --references"
        )
    elif (same := int(np.isclose(alike, losses[0], rtol=_TIE, atol=_TIE).sum())) > _MOST_TIES * len(alike):
        reason = (
            f"{same} of {len(alike)} references get the very loss of the secret: the tokenizer cannot tell them apart (characters that it "
            "does not know become one token). Plant another format"
        )
    else:
        known = rank_exposure(losses[0], alike, exact=whole)
        if seed is not None and known.at_most_possible and not whole:
            tail = extrapolate(losses[0], np.asarray(alike), seed=seed)
    return CanaryExposure(
        id=canary.id,
        format=canary.format,
        side=side,
        repetitions=repetitions,
        tokens=tokens[0],
        loss_bits=losses[0],
        exposure=known,
        reason=reason,
        extrapolated=tail,
    )


def summarise_exposure(found: Sequence[CanaryExposure], *, side: str, seed: int = 0, phase: Phase | None = None) -> list[Measurement]:
    """Return mean exposure and the share of exposed canaries, per number of copies, for all formats and for each.

    A canary is exposed where its rank is lower than any of all the canaries' would be by chance, family-wise at 5 % (Bonferroni): an
    exposure of log2(canaries / 0.05) bits. Group 'x16' are canaries with 16 copies, 'digits x16' those of one format.
    """
    planted = [one for one in found if one.repetitions]
    level = _ALPHA / max(1, sum(one.exposure is not None for one in planted))
    groups: dict[str, list[CanaryExposure]] = {}
    for one in sorted(found, key=lambda one: (one.repetitions, one.format)):
        groups.setdefault(f"x{one.repetitions}", []).append(one)
        groups.setdefault(f"{one.format} x{one.repetitions}", []).append(one)
    if planted:
        groups["all"] = list(planted)
    measured = []
    for group, members in groups.items():
        measured += _group(members, group, side, level, seed, phase)
    return measured


def _group(members: Sequence[CanaryExposure], group: str, side: str, level: float, seed: int, phase: Phase | None) -> list[Measurement]:
    from holdfast.stats import wilson

    fields: dict[str, Any] = {"side": side, "group": group, **({"phase": phase} if phase else {})}
    known = [one.exposure for one in members if one.exposure is not None]
    if not known:
        reason = next(one.reason for one in members)
        return [Measurement.missing(name, reason, **fields) for name in ("canary_exposure", "canary_exposed_share")]
    bits = np.array([one.bits for one in known])
    low, high = _interval(bits, seed)
    capped = sum(one.at_most_possible for one in known)
    note = f"{capped} of {len(known)} above every reference: more than {min(one.n for one in known):,} could show" if capped else None
    left = len(members) - len(known)
    lost = f"{left} not measured: {next(one.reason for one in members if one.exposure is None)}" if left else None
    mean = Measurement.of(
        "canary_exposure",
        float(bits.mean()),
        n=len(known),
        low=low,
        high=high,
        method=f"rank among references, mean over canaries; bootstrap over canaries, {_RESAMPLES} resamples, seed {seed}",
        note="; ".join(part for part in (note, lost) if part) or None,
        **fields,
    )
    few = _unreachable(known, level)
    if few == len(known):
        reason = f"none of {len(known)} canaries has references enough to be called exposed. Plant with more --references"
        return [mean, Measurement.missing("canary_exposed_share", reason, **fields)]
    exposed = sum(one.p <= level for one in known)
    limits = wilson(exposed, len(known))
    share = Measurement.of(
        "canary_exposed_share",
        exposed / len(known),
        n=len(known),
        low=limits.low,
        high=limits.high,
        method=f"rank p value at most {level:.2g} (5 % over all canaries), Wilson",
        note="; ".join(part for part in (f"{few} canaries have too few references to be called exposed" if few else None, lost) if part)
        or None,
        **fields,
    )
    return [mean, share]


def _interval(bits: NDArray[np.float64], seed: int) -> tuple[float | None, float | None]:
    if bits.size < _LEAST_FOR_INTERVAL:
        return None, None
    rng = np.random.default_rng(seed)
    means = bits[rng.integers(0, bits.size, (_RESAMPLES, bits.size))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(min(low, bits.mean())), float(max(high, bits.mean()))


def _unreachable(known: Sequence[RankExposure], level: float) -> int:
    """Count the canaries that even the first rank would not have shown as exposed."""
    return sum(1 / (one.n if one.exact else one.n + 1) > level for one in known)
