"""Everything that the model of harmful requests learns from: our grammars and our suites, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

from holdfast.core import prompt_text
from holdfast.detectors.harm.training.grammar import TrainingRequest, read_grammar, requests
from holdfast.plugins import SuiteOptions, open_suite

__all__ = ["CONTRAST", "LANGUAGES", "digest_of", "grammar_requests", "suite_requests", "training_requests"]

LANGUAGES = ("en", "zh")
CONTRAST = "contrast"
"""The family of harmless requests from the suite of look-alikes."""
_SUITES = (("policy11", True), (CONTRAST, False))
"""Suites and whether their requests are harmful. `domain` is left out: its answers need care, but its requests are no misuse."""
_SUITE_WEIGHT = 8.0


def training_requests() -> list[TrainingRequest]:
    """Return all training requests, in an order that depends on the files alone."""
    with as_file(files(__package__)) as folder:
        return [*grammar_requests(folder), *suite_requests()]


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


def digest_of(training: Sequence[TrainingRequest]) -> str:
    """Return the SHA-256 of texts, labels and weights, in order."""
    digest = sha256()
    for request in training:
        digest.update(f"{request.language}|{int(request.harmful)}|{request.weight!r}|{request.group}|{request.text}\0".encode())
    return digest.hexdigest()
