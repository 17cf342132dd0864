"""A real Ray cluster on this machine: each node is a `ray start` of its own, and only what was started here is ever stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["RayNodes"]

_MARK = "HOLDFAST_TEST_NODE"
_TRIES = 4
_PATIENCE = 120.0


class RayNodes:
    """A head and nodes that join it. Use it in a `with` block: all nodes are ended with it.

    On a busy machine a node may miss Ray's own deadlines while it starts; it is then started again.
    """

    def __init__(self) -> None:
        # Short: a socket's path may have 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="hf-ray-"))
        self._port = 0
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        # A token of its own keeps other users of the machine out, and another cluster's token out of this one.
        self.environment = {
            **os.environ,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "OMP_NUM_THREADS": "1",
            # Seconds are what a lost node costs a test.
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_failure_threshold": "5",
        }
        self.environment.pop("RAY_ADDRESS", None)

    @property
    def address(self) -> str:
        """What `--ray` takes."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> RayNodes:
        try:
            for _ in range(_TRIES):
                self._port = _free_port()
                # Only the head says where its files are; the others take it from there.
                if self._start("head", "--head", f"--port={self._port}", "--include-dashboard=false", f"--temp-dir={self._folder}/r"):
                    return self
            raise RuntimeError(f"the head of a Ray cluster did not start: {self._log('head')}")
        except BaseException:
            self.__exit__()
            raise

    def join(self, name: str) -> None:
        """Start one more node."""
        for _ in range(_TRIES):
            if self._start(name, f"--address={self.address}"):
                return
        raise RuntimeError(f"node {name} did not join: {self._log(name)}")

    def kill(self, name: str) -> None:
        """End a node as a power cut would: kill -9 of all its processes at once."""
        for process in self.processes(name):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._nodes.pop(name).wait()

    def processes(self, name: str) -> list[int]:
        """Return the ids of a node's processes: those that have its mark in their environment."""
        mark = f"{_MARK}={self._folder.name}-{name}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def __exit__(self, *error: object) -> None:
        for name in reversed(list(self._nodes)):
            self.kill(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, name: str, *options: str) -> bool:
        log = self._folder / f"{name}.log"
        command = [str(Path(sys.executable).with_name("ray")), "start", *options, "--num-cpus=1", "--block"]
        command.append("--object-store-memory=150000000")
        environment = {**self.environment, _MARK: f"{self._folder.name}-{name}"}
        with log.open("wb") as output:
            self._nodes[name] = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=self._folder)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._nodes[name].poll() is None:
            if "Ray runtime started" in self._log(name):
                return True
            time.sleep(0.2)
        self.kill(name)
        return False

    def _log(self, name: str) -> str:
        log = self._folder / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
