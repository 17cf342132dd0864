"""Everything that the model of harmful requests learns from: our grammars and our suites, nothing else."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

from holdfast.core import prompt_text
from holdfast.detectors.harm.training.grammar import TrainingRequest, read_grammar, requests
from holdfast.plugins import SuiteOptions, open_suite

__all__ = ["CONTRAST", "FOLDS", "LANGUAGES", "digest_of", "fold_of", "grammar_requests", "mixtures", "suite_requests", "training_requests"]

LANGUAGES = ("en", "zh")
CONTRAST = "contrast"
"""The family of harmless requests from the suite of look-alikes."""
ORDINARY = "ordinary"
FOLDS = 6
_MIXTURES = 1_000
"""Mixtures per language and fold."""
_SUITES = (("policy11", True), (CONTRAST, False))
"""Suites and whether their requests are harmful. `domain` is left out: its answers need care, but its requests are no misuse."""
_SUITE_WEIGHT = 8.0


def training_requests() -> list[TrainingRequest]:
    """Return all training requests, in an order that depends on the files alone."""
    with as_file(files(__package__)) as folder:
        single = [*grammar_requests(folder), *suite_requests()]
    return [*single, *mixtures(single)]


def grammar_requests(folder: Path) -> Iterator[TrainingRequest]:
    """Yield the requests of the grammars in a folder, all languages."""
    for language in LANGUAGES:
        yield from requests(read_grammar(folder, language))


def suite_requests() -> Iterator[TrainingRequest]:
    """Yield the requests of our suites; a request and its translation form one group."""
    for name, harmful in _SUITES:
        for prompt in open_suite(name, SuiteOptions(languages=LANGUAGES)).prompts:
            yield TrainingRequest(
                text=prompt_text(prompt),
                harmful=harmful,
                family=prompt.category if harmful else CONTRAST,
                language=prompt.language,
                group=f"{name}|{prompt.category}|{prompt.id.rsplit('-', 1)[-1]}",
                weight=_SUITE_WEIGHT,
            )


def mixtures(single: Sequence[TrainingRequest]) -> Iterator[TrainingRequest]:
    """Yield long harmless texts, each made of several ordinary requests of one fold.

    Without them a model learns short requests only, and takes the noise of a page for evidence. A harmful request at the
    beginning or the end of a page is found by reading its paragraphs one by one (`request_risk`).
    """
    ordinary: dict[tuple[str, int], list[TrainingRequest]] = defaultdict(list)
    for request in single:
        if not request.harmful and request.family == ORDINARY:
            ordinary[request.language, fold_of(request.group)].append(request)
    for (language, fold), parts in sorted(ordinary.items()):
        chance = random.Random(f"{language}|{fold}")
        for _ in range(_MIXTURES):
            chosen = chance.sample(parts, k=chance.randint(3, 6))
            text = chance.choice((" ", "\n")).join(part.text for part in chosen)
            yield TrainingRequest(text=text, harmful=False, family=ORDINARY, language=language, group=chosen[0].group)


def fold_of(group: str) -> int:
    """Return the fold of a group: which of the held-out models does not see it."""
    return sha256(group.encode()).digest()[0] % FOLDS


def digest_of(training: Sequence[TrainingRequest]) -> str:
    """Return the SHA-256 of texts, labels and weights, in order."""
    digest = sha256()
    for request in training:
        digest.update(f"{request.language}|{int(request.harmful)}|{request.weight!r}|{request.group}|{request.text}\0".encode())
    return digest.hexdigest()
