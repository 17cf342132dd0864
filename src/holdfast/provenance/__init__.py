"""Where data, weights and verdicts came from: digests, statements, bills of materials, model cards, versions of a corpus."""

from holdfast.provenance.bom import bill_of_materials
from holdfast.provenance.cards import card_section, model_index
from holdfast.provenance.data_bill import bill_of_data, corpus_statement
from holdfast.provenance.describing import Described, croissant
from holdfast.provenance.differing import Change, CorpusDiff, Count, diff
from holdfast.provenance.holdings import Held, Holding, trace
from holdfast.provenance.origins import ORIGINS
from holdfast.provenance.retracting import Retracted, retract
from holdfast.provenance.showing import RowOrigin, StepSeen, find_rows, show_row
from holdfast.provenance.signing import Signed, sign_corpus, verify_signature
from holdfast.provenance.statements import result_statement
from holdfast.provenance.subjects import ModelFile, Subject, model_files, subject
from holdfast.provenance.taking import take_rows
from holdfast.provenance.traced import ModelHolding, Retraction, Traced
from holdfast.provenance.verifying import Checked, Problem, verify_corpus
from holdfast.provenance.versions import (
    CORPUS_FILE,
    CorpusShard,
    CorpusSource,
    CorpusStep,
    CorpusVersion,
    read_version,
    version_id,
    write_version,
)
from holdfast.provenance.wanted import Wanted

__all__ = [
    "CORPUS_FILE",
    "ORIGINS",
    "Change",
    "Checked",
    "CorpusDiff",
    "CorpusShard",
    "CorpusSource",
    "CorpusStep",
    "CorpusVersion",
    "Count",
    "Described",
    "Held",
    "Holding",
    "ModelFile",
    "ModelHolding",
    "Problem",
    "Retracted",
    "Retraction",
    "RowOrigin",
    "Signed",
    "StepSeen",
    "Subject",
    "Traced",
    "Wanted",
    "bill_of_data",
    "bill_of_materials",
    "card_section",
    "corpus_statement",
    "croissant",
    "diff",
    "find_rows",
    "model_files",
    "model_index",
    "read_version",
    "result_statement",
    "retract",
    "show_row",
    "sign_corpus",
    "subject",
    "take_rows",
    "trace",
    "verify_corpus",
    "verify_signature",
    "version_id",
    "write_version",
]
