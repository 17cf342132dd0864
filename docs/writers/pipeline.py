"""The page of the pipeline file: every section of `holdfast.yaml` with its fields."""

from __future__ import annotations

from docs.writers.markdown import page
from docs.writers.source import field_table, prose

from holdfast.pipeline.running import settings

__all__ = ["pipeline_page"]

_SECTIONS = (
    ("scan", settings.ScanStep),
    ("mix", settings.MixStep),
    ("train", settings.TrainStep),
    ("train.service", settings.ServiceJob),
    ("compare", settings.CompareStep),
    ("memorization", settings.MemorizationStep),
    ("backdoor", settings.BackdoorStep),
    ("gate", settings.GateStep),
    ("mitigate", settings.MitigateStep),
)


def pipeline_page() -> str:
    """Return the reference of the pipeline file."""
    return page(
        "The pipeline file",
        "the settings in `holdfast.pipeline.running`",
        "`holdfast run` reads `holdfast.yaml`; `holdfast init` writes one. "
        "[How to run everything from one file](../how-to/run-everything.md).",
        prose(settings.PipelineConfig),
        field_table(settings.PipelineConfig),
        *(part for name, kind in _SECTIONS for part in (f"## {name}", prose(kind), field_table(kind))),
    )
