"""A finished run where a team already looks: MLflow or Weights & Biases."""

from holdfast.pipeline.publishing.digest import PublishedRun, read_for_publishing
from holdfast.pipeline.publishing.publish import Published, publish

__all__ = ["Published", "PublishedRun", "publish", "read_for_publishing"]
