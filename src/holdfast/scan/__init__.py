"""Before training: rows and detectors give findings and measurements. No verdict here; that is the policy's."""

from holdfast.scan.explaining import record_at
from holdfast.scan.facts import DuplicateCluster, DuplicateRow, FileFacts, KindSummary, Mix, ScanResult, Share, UnreadColumn
from holdfast.scan.fixing import PLANS, Fixed, FixPlan, check_plan, fix
from holdfast.scan.run import ScanJob, prepare, run_scan
from holdfast.scan.sarif import to_sarif
from holdfast.scan.spec import ScanSpec
from holdfast.scan.stored import findings_of

__all__ = [
    "PLANS",
    "DuplicateCluster",
    "DuplicateRow",
    "FileFacts",
    "FixPlan",
    "Fixed",
    "KindSummary",
    "Mix",
    "ScanJob",
    "ScanResult",
    "ScanSpec",
    "Share",
    "UnreadColumn",
    "check_plan",
    "findings_of",
    "fix",
    "prepare",
    "record_at",
    "run_scan",
    "to_sarif",
]
