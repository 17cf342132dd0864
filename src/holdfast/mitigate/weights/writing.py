"""Writing a model folder whole or not at all: shards, index, configuration, tokenizer, and what it was made of."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError
from holdfast.mitigate.weights.mixing import Mix, Mixer, size_of
from holdfast.models.weights import read_suites

__all__ = ["check_out", "copy_companions", "whole_folder", "write_shards"]

_COMPANIONS = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "*.py")
"""Tokenizer, template, generation settings, and code of models that bring their own."""
_NOT_COPIED = {"adapter_config.json", "holdfast.json", "mitigation.json", "trainer_state.json", "training_args.json"}
_SPARE = 64 << 20
"""Bytes that must stay free besides the weights."""


def check_out(out: Path, *inputs: str) -> None:
    """Refuse a folder that exists, or lies in one of the inputs; raises InputError. Nothing is ever written in place."""
    if out.exists():
        raise InputError(f"{out} exists already; nothing is overwritten, so give another folder or remove it")
    for folder in inputs:
        if Path(folder).resolve() in out.resolve().parents:
            raise InputError(f"{out} lies inside the model {folder}; give a folder outside of it")


@contextmanager
def whole_folder(out: Path, *, size: int) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes `out` in one rename; an error or a crash leaves no `out`.

    What a killed command left behind is removed and made again. Raises InputError where `size` bytes do not fit on the disk, or where
    the disk fills up on the way.
    """
    unfinished = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        disk = shutil.disk_usage(out.parent)
        if disk.total == 0:
            raise InputError(f"{out} cannot be written: its file system stores nothing; give another folder")
        if disk.free < size + _SPARE:
            raise InputError(
                f"{out} needs {_bytes(size)} and {_bytes(_SPARE)} to spare, and its disk has {_bytes(disk.free)} free; free some, or give "
                "--out elsewhere"
            )
        unfinished.mkdir()
        yield unfinished
        unfinished.rename(out)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise InputError(f"the disk was full before {out} was whole ({_bytes(size)} of weights); nothing was kept") from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            file = next((parent for parent in out.parents if parent.exists() and not parent.is_dir()), None)
            why = f"{file} is a file and no folder" if file is not None else error.strerror
            raise InputError(f"{out} cannot be written ({why}); give another folder") from error
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_shards(folder: Path, shards: Mapping[str, Sequence[Mix]], *, on_bytes: Callable[[int], object] | None = None) -> None:
    """Write mixed tensors as safetensors files, by file name, with an index where there is more than one file."""
    with Mixer() as mixer:
        for name, mixes in shards.items():
            _write_shard(folder / name, mixes, mixer, on_bytes or (lambda count: None))
    if len(shards) > 1:
        mixes = [mix for part in shards.values() for mix in part]
        index = {
            "metadata": {"total_size": sum(mix.size for mix in mixes)},
            "weight_map": {mix.name: name for name, part in shards.items() for mix in part},
        }
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def copy_companions(source: Path, folder: Path, *, config: dict[str, Any] | None = None) -> None:
    """Copy what stands beside the weights; `config`, where given, is written in place of config.json.

    Of a holdfast.json only the suites are kept: the rest says how another model was made.
    """
    for path in sorted({path for pattern in _COMPANIONS for path in source.glob(pattern)}):
        if path.is_file() and path.name not in _NOT_COPIED and not path.name.endswith(".index.json"):
            shutil.copyfile(path, folder / path.name)
    if config is not None:
        (folder / "config.json").write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
    suites = read_suites(source)
    if suites:
        (folder / "holdfast.json").write_bytes(msgspec.json.encode({"suites": suites}) + b"\n")


def _write_shard(path: Path, mixes: Sequence[Mix], mixer: Mixer, on_bytes: Callable[[int], object]) -> None:
    # The widest types first, as safetensors itself orders them, so that every tensor begins at a multiple of its own width.
    ordered = sorted(mixes, key=lambda mix: -size_of(mix.dtype))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for mix in ordered:
        header[mix.name] = {"dtype": mix.dtype, "shape": list(mix.shape), "data_offsets": [offset, offset + mix.size]}
        offset += mix.size
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    with path.open("wb", buffering=0) as stream:

        def sink(part: memoryview) -> None:
            left = part
            while left:
                left = left[stream.write(left) :]
            on_bytes(len(part))

        sink(memoryview(struct.pack("<Q", len(raw)) + raw))
        for mix in ordered:
            mixer.write(mix, sink)
        os.fsync(stream.fileno())


def _bytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
