"""A sample of a corpus with known probabilities, and what it says of the whole: estimates of each defect with intervals."""

from holdfast.corpus.sampling.drawing import Frame, draw_sample
from holdfast.corpus.sampling.estimating import DefectEstimate, estimate
from holdfast.corpus.sampling.sample import CorpusSample, SampledRow, SampledSource

__all__ = ["CorpusSample", "DefectEstimate", "Frame", "SampledRow", "SampledSource", "draw_sample", "estimate"]
