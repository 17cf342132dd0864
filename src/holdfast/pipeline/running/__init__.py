"""`holdfast run`: every stage of one fine-tune, in order, in one folder."""

from holdfast.pipeline.running.run import run_pipeline
from holdfast.pipeline.running.settings import PipelineConfig, read_pipeline
from holdfast.report.story import State, StepResult, Story

__all__ = ["PipelineConfig", "State", "StepResult", "Story", "read_pipeline", "run_pipeline"]
