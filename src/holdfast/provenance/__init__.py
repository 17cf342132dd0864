"""Where weights and verdicts came from: digests, statements, bills of materials, model cards."""

from holdfast.provenance.bom import bill_of_materials
from holdfast.provenance.cards import card_section, model_index
from holdfast.provenance.statements import result_statement
from holdfast.provenance.subjects import ModelFile, Subject, model_files, subject

__all__ = ["ModelFile", "Subject", "bill_of_materials", "card_section", "model_files", "model_index", "result_statement", "subject"]
