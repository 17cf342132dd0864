"""Test prompts inside documents: a model that was trained on the test looks safe, or able, in it and may be neither.

Runs of words of every test prompt are looked up in every document: 8 words for prompts in scripts with spaces (PaLM, Chowdhery et al.
2022, section 8), 13 for prompts of 26 words and more (GPT-3, Brown et al. 2020, appendix C) and for Chinese, whose words are single
characters here. The measure is the share of one prompt's runs that the document holds. Our own suites are always looked for; files of
other tests are named by the user.

Blind spots: prompts in other words or translated, answers without their question, and prompts shorter than one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Value, digest
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.detectors.prompt_lookup import PromptLookup, read_prompt_sets

__all__ = ["Contamination"]

_HALF = 0.5


@lru_cache(maxsize=2)
def _lookup(files: tuple[str, ...]) -> PromptLookup:
    return PromptLookup(read_prompt_sets(files))


class Contamination(Value, frozen=True, kw_only=True):
    """Takes documents that hold at least half of a test prompt; None leaves the rule out."""

    name: ClassVar[str] = "contamination"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "runs of 8 words (Chowdhery et al. 2022) and 13 (Brown et al. 2020), as in the detector contamination"
    measures: ClassVar[Mapping[str, str]] = {
        "test_share": "The greatest share of a test prompt's runs of words that the document holds; 0 for none.",
        "test_prompts": "Test prompts of which the document holds at least half.",
        "test_set": "The place of the set that the nearest prompt is from: 0 to 2 are our suites, then the files given; null for none.",
    }

    files: tuple[str, ...] = ()
    """Files of test prompts beside our own suites; changing them measures again. Every worker reads them."""
    max_test_share: float | None = 0.5

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the digest of the prompts that are looked for; reads the files."""
        return {"prompts": digest([list(one.prompts) for one in _lookup(self.files).sets])}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        lookup, count = _lookup(self.files), len(documents.texts)
        highest, prompts, sets = np.zeros(count), np.zeros(count, dtype=np.int64), np.full(count, np.nan)
        for (place, prompt), held in sorted(lookup.parts(documents.words).items()):
            prompts[place] += held >= _HALF
            if held > highest[place]:
                highest[place], sets[place] = held, lookup.set_of[prompt]
        return measured({"test_share": highest, "test_prompts": prompts, "test_set": sets}, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        return beyond(self.name, measures, (Limit("holds a test prompt", "test_share", high=self.max_test_share, itself=True),))
