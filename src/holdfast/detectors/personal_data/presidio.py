"""Names, places and other entities by Presidio, where the extra `pii` is installed.

Presidio's names and places come from a spaCy model. Without one its patterns still run (more kinds of national ids); names are then not
assessed. Nothing is downloaded: a model counts only where it is installed.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import Any

from holdfast.detectors.personal_data.spans import Span

__all__ = ["entity_spans", "presidio_version"]

_MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")
_KINDS = {
    "PERSON": "person",
    "LOCATION": "location",
    "US_PASSPORT": "us-passport",
    "US_DRIVER_LICENSE": "us-driver-license",
    "US_BANK_NUMBER": "us-bank-number",
    "US_ITIN": "us-itin",
    "UK_NHS": "uk-nhs",
    "UK_NINO": "uk-nino",
    "IN_AADHAAR": "in-aadhaar",
    "IN_PAN": "in-pan",
    "SG_NRIC_FIN": "sg-nric",
    "AU_TFN": "au-tfn",
    "AU_MEDICARE": "au-medicare",
    "ES_NIF": "es-nif",
    "IT_FISCAL_CODE": "it-fiscal-code",
    "PL_PESEL": "pl-pesel",
}
"""Presidio's entities that the built-in set has no kind for; the built-in kinds keep their own checks."""
_LEAST_SCORE = 0.5
_LONGEST = 100_000


def presidio_version() -> str | None:
    """Return 'presidio VERSION with MODEL', or None where the extra is not installed."""
    if find_spec("presidio_analyzer") is None:
        return None
    from importlib.metadata import version

    return f"presidio-analyzer {version('presidio-analyzer')} with {_model() or 'no spaCy model: names and places are not assessed'}"


def entity_spans(text: str, *, every: bool = False) -> tuple[Span, ...]:
    """Return what Presidio finds in an English text, surest first, none overlapping another; () without the extra.

    `every` keeps kinds that the built-in set has too, under Presidio's own names and at its own default threshold: for measuring.
    """
    if find_spec("presidio_analyzer") is None or not text.strip():
        return ()
    found = _analyzer().analyze(text=text[:_LONGEST], language="en", score_threshold=0.0 if every else _LEAST_SCORE)
    spans: list[Span] = []
    for one in sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start)):
        kind = _KINDS.get(one.entity_type) or (one.entity_type if every else None)
        if kind and all(one.end <= span.start or span.end <= one.start for span in spans):
            spans.append(Span(kind, one.start, one.end, one.score, False))
    return tuple(sorted(spans, key=lambda span: span.start))


def _model() -> str | None:
    return next((name for name in _MODELS if find_spec(name) is not None), None)


def _stay_offline() -> None:
    """Keep tldextract, which Presidio asks about e-mail addresses, from fetching the list of public suffixes: it has a copy."""
    from tldextract import tldextract

    tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _analyzer() -> Any:
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    _stay_offline()
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    name = _model()

    class Installed(SpacyNlpEngine):  # type: ignore[misc]
        """A spaCy pipeline that is here already; Presidio's own engine would download one."""

        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.load(name) if name else spacy.blank("en")}

    return AnalyzerEngine(nlp_engine=Installed(), supported_languages=["en"])
