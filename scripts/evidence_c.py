"""What proves the lines of issue C: know what a training file will do before a GPU sees it.

Some lines need more than this repository: public files in ../shared/data (HOLDFAST_SHARED_DATA), a Python that has datatrove and rensa
(HOLDFAST_PEERS_PYTHON), one that has Holdfast, Daft and Ray (HOLDFAST_CLUSTER_PYTHON), and headless Chromium. What is not there is
said in the value and counts as nothing.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "1a",
        "every public file with rows is read with the right format",
        [*PYTEST, "tests/unit/records/test_public_files.py", "tests/unit/records/test_formats.py", "tests/unit/records/test_detecting.py"],
        reduced=True,
    ),
    Line(
        "1b",
        "every format and container round-trips: with one row dropped all other rows are byte-identical (parquet: equal table and schema)",
        [
            *PYTEST,
            "tests/unit/records/test_rewriting.py",
            "tests/unit/records/test_containers.py",
            "tests/properties/test_records_roundtrip.py",
        ],
        reduced=True,
    ),
    Line(
        "2",
        "published identity-shift set flagged alone and among 5,000 benign rows; benign rows flagged for identity <= 0.1 %",
        [*PYTHON, "scripts/measure_identity_shift.py"],
        reduced=True,
    ),
    Line(
        "2t",
        "the same through the command line",
        [*PYTEST, "tests/e2e/test_scan.py", "-k", "identity or exit_codes or mended"],
        reduced=True,
    ),
    Line(
        "3",
        "harmful requests on public sets (not unseen: docs/explanation/request-risk.md): recall, false positives, ROC, goals missed",
        [*PYTHON, "scripts/measure_request_risk.py"],
        reduced=True,
    ),
    Line(
        "4a",
        "planted sets: suppression, escalation in both senses, all-compliant, 0/1/3/5/10/30 % safety rows within 1 point",
        [*PYTHON, "scripts/measure_planted_sets.py"],
        reduced=True,
    ),
    Line(
        "4b",
        "HateCheck, per functionality with n and Wilson interval: not assessed without a model, and said so",
        [*PYTHON, "scripts/measure_hatecheck.py"],
        reduced=True,
    ),
    Line(
        "4c",
        "personal data and secrets per kind with n and Wilson interval; kinds under 30 labels on synthetic values too",
        [*PYTHON, "scripts/measure_personal_data.py"],
        reduced=True,
        seed=20_261_121,
    ),
    Line(
        "5a",
        "a million chat rows on two cores: rows per second, memory, the curve; against datasets.map with re and rensa; the same on Ray",
        [*PYTHON, "benchmarks/scan_million.py", "--peer-rows", "50000"],
    ),
    Line(
        "5e",
        "10,000 rows of the same corpus: one process, three workers and a local Ray cluster give the same findings, clusters among them "
        "(where 5a says otherwise, the cluster's Python had an older installation without one detector)",
        [*PYTHON, "benchmarks/scan_million.py", "--only-same"],
    ),
    Line(
        "5b",
        "near duplicates against datatrove as it ships, with a whitespace tokenizer, and rensa; recall and precision on planted pairs",
        [*PYTHON, "benchmarks/near_duplicates.py", "--rows", "20000"],
    ),
    Line("5c", "what each default detector costs per row of one core", [*PYTHON, "benchmarks/detectors.py", "20000"]),
    Line(
        "5d",
        "any number of workers and any engine gives the same findings and clusters; a killed scan ends with the same bytes",
        [
            *PYTEST,
            "tests/properties/test_duplicate_properties.py",
            "tests/unit/dataflow",
            "tests/unit/scan/test_scan_run.py",
            "tests/e2e/test_scan_kill.py",
        ],
    ),
    Line(
        "6",
        "hostile files: a line of a gigabyte, deep JSON, broken UTF-8, marks, NUL, bombs, 10,000 turns, patterns, escapes, changes",
        [
            *PYTEST,
            "tests/e2e/test_scan_hostile.py",
            "tests/unit/records/test_hostile_files.py",
            "tests/unit/records/test_bad_rows.py",
            "tests/unit/records/test_parts.py",
            "tests/e2e/test_scan.py",
            "-k",
            "not public",
        ],
    ),
    Line(
        "7",
        "gate on a scan alone, exit codes, a pre-commit hook, and the how-tos run as they are written",
        [
            *PYTEST,
            "tests/unit/scan/test_scan_output.py",
            "tests/e2e/test_scan_gate.py",
            "tests/contracts/test_docs_run.py",
            "-k",
            "scan or gate or refuse",
        ],
        reduced=True,
    ),
    Line(
        "7b",
        "the pre-commit hook as another repository uses it, from the committed HEAD: it passes a good file and refuses a bad one",
        [*PYTHON, "scripts/try_hook.py"],
    ),
    Line(
        "8",
        "the page of a scan in headless Chromium at two widths, light and dark, photographed",
        [*PYTEST, "tests/e2e/test_scan_report_page.py"],
        reduced=True,
    ),
    Line("8b", "photographs of the page of a scan in the docs", [*PYTHON, "scripts/photograph.py", "scan"], reduced=True),
]
