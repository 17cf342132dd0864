"""Several stages in one go."""

from holdfast.pipeline.comparing import ComparisonResult, compare, compare_and_judge, estimate, run_name
from holdfast.pipeline.demo import DEMO_CASES, demo
from holdfast.pipeline.grading import grade_run
from holdfast.pipeline.rejudging import judge_stored
from holdfast.pipeline.scanning import ScanOutcome, scan, scan_and_judge, scan_name

__all__ = [
    "DEMO_CASES",
    "ComparisonResult",
    "ScanOutcome",
    "compare",
    "compare_and_judge",
    "demo",
    "estimate",
    "grade_run",
    "judge_stored",
    "run_name",
    "scan",
    "scan_and_judge",
    "scan_name",
]
