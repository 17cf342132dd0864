"""What proves the lines of issue G: the same defences at pre-training scale, with a record of where every row came from.

The benchmark of line 2 takes hours on two cores; datatrove runs in the Python that HOLDFAST_PEERS_PYTHON names.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "1",
        "one configuration on every engine and on a Ray cluster of two nodes: identical files; a node killed in the middle loses nothing",
        [*PYTEST, "tests/e2e/test_corpus_ray.py", "tests/unit/dataflow/test_lost_nodes.py"],
    ),
    Line(
        "2",
        "rows and MB per core second and peak memory on 1, 3 and 10 GB, beside datatrove as it ships and with a whitespace tokenizer",
        [*PYTHON, "benchmarks/corpus_throughput.py", "--gb", "1", "3", "10"],
    ),
    Line(
        "3a",
        "planted duplicates, near and exact: found whatever the shards; every one that goes names the one that stays",
        [*PYTEST, "tests/unit/corpus/duplicates", "tests/properties/test_corpus_duplicate_properties.py"],
    ),
    Line(
        "2b",
        "filters over batches say exactly what a plain reading of each text says, for any texts",
        [*PYTEST, "tests/unit/corpus/filters", "tests/properties/test_corpus_filter_properties.py"],
    ),
    Line("2c", "CPU time of each filter beside a plain reading in Python", [*PYTHON, "-m", "benchmarks.corpus_filters", "--mb", "16"]),
    Line(
        "3b",
        "the intervals of a sample audit hold the truth in at least 90 of 100 seeds, for even, rare and clustered defects",
        [*PYTHON, "scripts/study_corpus_sample.py"],
    ),
    Line(
        "3c",
        "bursts, hosts behind many, edits before a dump, triggers: found where planted, silent where not; the stated limits",
        [*PYTEST, "tests/unit/corpus/signals"],
    ),
    Line(
        "3d",
        "triggers at 250 documents in 5 million; duplicates, bursts, edits, personal and toxic rows: precision and recall; clean corpora",
        [*PYTHON, "scripts/study_corpus_defects.py"],
    ),
    Line(
        "4",
        "kill -9 of the driver at random moments, on two engines: it goes on, and every file is the same",
        [*PYTEST, "tests/e2e/test_corpus_kill.py"],
    ),
    Line(
        "5a",
        "exposure over the checkpoints of models trained on corpora of this pipeline: the alarm against the truth, none without canaries",
        [*PYTHON, "scripts/study_corpus_canaries.py", "--folder", "runs/study-corpus-canaries"],
    ),
    Line(
        "5b",
        "canaries stand where the manifest says whatever the shards; false alarms are bounded over all looks; a stopped monitor goes on",
        [
            *PYTEST,
            "tests/unit/corpus/test_corpus_planting.py",
            "tests/unit/corpus/test_corpus_run_canaries.py",
            "tests/unit/corpus/test_monitor_null.py",
            "tests/unit/corpus/test_corpus_monitor.py",
            "tests/unit/pipeline/test_corpus_monitoring.py",
        ],
    ),
    Line(
        "6a",
        "trace and retract on a corpus of 10 million rows: index, answers, rewriting apart, beside a plain scan; one byte found",
        [*PYTHON, "-m", "scripts.study_provenance"],
    ),
    Line(
        "6b",
        "one changed byte in any file is found and named; a signature breaks; Croissant validates and is read by mlcroissant",
        [*PYTEST, "tests/unit/provenance/test_corpus_verify.py", "tests/unit/provenance/test_corpus_papers.py"],
        reduced=True,
    ),
    Line(
        "6c",
        "a trace finds what a full pass finds, a retraction has every other row and survives kill -9, models and their children are listed",
        [
            *PYTEST,
            "tests/unit/provenance/test_corpus_trace.py",
            "tests/unit/provenance/test_corpus_retract.py",
            "tests/unit/provenance/test_corpus_diff.py",
            "tests/unit/pipeline/test_tracing.py",
        ],
        reduced=True,
    ),
]
