"""datatrove's Gopher, C4 and FineWeb filters and its four MinHash stages over JSONL of text and url; run by `corpus_throughput.py`.

'default' is as it ships: its English tokenizer for words and sentences, 14 bands of 8 over word fives. 'whitespace' puts `str.split` in
its place for words, and the full stop, exclamation or question mark before white space for sentences.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import sys
import time
from importlib.metadata import version
from pathlib import Path

try:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils import word_tokenizers
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.logging import logger
except ImportError as error:
    print(error)
    sys.exit(3)

_END = re.compile(r"[.!?]+\s+")


class Whitespace:
    """Words are parted by white space, sentences by what ends them."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        return [text[start:end].strip() for start, end in self.span_tokenize(text)]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        ends = [found.end() for found in _END.finditer(text)]
        if not ends or ends[-1] < len(text):
            ends.append(len(text))
        return list(zip([0, *ends[:-1]], ends, strict=True))


def filter_stage(source: Path, folder: Path) -> list[object]:
    kinds = (GopherRepetitionFilter, GopherQualityFilter, C4QualityFilter, FineWebQualityFilter)
    filters = [kind(exclusion_writer=JsonlWriter(f"{folder}/rejected/{kind.__name__}", compression=None)) for kind in kinds]
    reader = JsonlReader(str(source.parent), glob_pattern=source.name, id_key="url")
    return [reader, *filters, JsonlWriter(f"{folder}/filtered", compression=None)]


def minhash_stages(folder: Path) -> list[tuple[list[object], int]]:
    config = MinhashConfig(hash_config=HashConfig(precision=64))
    removed = JsonlWriter(f"{folder}/removed", compression=None)
    return [
        ([JsonlReader(f"{folder}/filtered"), MinhashDedupSignature(output_folder=f"{folder}/signatures", config=config)], 1),
        ([MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)], config.num_buckets),
        ([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config)], 1),
        (
            [
                JsonlReader(f"{folder}/filtered"),
                MinhashDedupFilter(f"{folder}/remove", exclusion_writer=removed),
                JsonlWriter(f"{folder}/kept", compression=None),
            ],
            1,
        ),
    ]


def ids_in(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for path in sorted(folder.rglob("*.jsonl")) for line in path.open(encoding="utf-8")]


def main(how: str, source: Path, folder: Path) -> None:
    logger.remove()
    shutil.rmtree(folder, ignore_errors=True)
    if how == "whitespace":
        plain = Whitespace()
        word_tokenizers.load_word_tokenizer = lambda language: plain
        import datatrove.pipeline.dedup.minhash as minhash

        minhash.load_word_tokenizer = lambda language: plain
    spent = []
    for number, (pipeline, tasks) in enumerate([(filter_stage(source, folder), 1), *minhash_stages(folder)]):
        start = time.process_time()
        LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=1, logging_dir=f"{folder}/logs{number}").run()
        spent.append(time.process_time() - start)
    told = {
        "cpu_s": sum(spent),
        "filters_cpu_s": spent[0],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rejected": ids_in(folder / "rejected"),
        "removed": ids_in(folder / "removed"),
        "version": version("datatrove"),
    }
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
