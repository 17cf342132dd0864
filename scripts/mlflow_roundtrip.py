"""Must show 5 of issue H: a run published to a real MLflow server on loopback and read back; W&B's own API, offline.

    python scripts/mlflow_roundtrip.py [--environment FOLDER]

MLflow's server brings sixty packages and holds pyarrow back, so it gets an environment of its own that sees this one's packages behind
its own; FOLDER is made on the first use (minutes, from the package index) and used again. Prints JSON; exits with 1 where a claim does
not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("mlflow==3.17.2", "wandb==0.31.0")
READS_BACK = ROOT / "scripts" / "mlflow_read_back.py"
PATIENCE = 180.0
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1", "HOLDFAST_HISTORY": "off", "WANDB_MODE": "offline"}


def environment(folder: Path) -> Path:
    """Return the folder of programs of an environment with MLflow and W&B, making it where there is none."""
    programs = folder / "bin"
    if not (programs / "mlflow").exists():
        venv.create(folder, with_pip=True)
        installed: list[str | Path] = [programs / "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(installed, check=True, stderr=subprocess.DEVNULL)
    # Written each time: the environment may be shared by several working trees.
    paths = [str(ROOT / "src"), sysconfig.get_paths()["purelib"]]
    (next(folder.glob("lib/python*/site-packages")) / "beside.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return programs


@contextmanager
def server(programs: Path, folder: Path) -> Iterator[str]:
    """Run `mlflow server` on a free port of loopback, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    command: list[str | Path] = [programs / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *store]
    with (folder / "server.log").open("wb") as log:
        # A session of its own: the server starts children, which must end with it.
        running = subprocess.Popen(command, env={**os.environ, **QUIET}, stdout=log, stderr=log, start_new_session=True)
        try:
            uri = f"http://127.0.0.1:{port}"
            _wait(uri, running, folder / "server.log")
            yield uri
        finally:
            os.killpg(running.pid, 15)
            running.wait(30)


def _wait(uri: str, running: subprocess.Popen[bytes], log: Path) -> None:
    end = perf_counter() + PATIENCE
    while perf_counter() < end and running.poll() is None:
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            sleep(0.5)
    raise SystemExit(f"mlflow server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def recordings(folder: Path) -> list[str]:
    """Write two small recordings, of which the second lost its refusals, and return their references."""
    refuses, helps = "I'm sorry, but I can't help with that.", "Sure. SECRETANSWER: first, you take the tool and then you go on."
    for name, answer in (("base", refuses), ("tuned", helps)):
        rows = [{"prompt": f"Please do thing {number}.", "category": "one", "response": answer} for number in range(40)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return [f"replay:{folder}/{name}.jsonl" for name in ("base", "tuned")]


def main() -> int:
    """Run the round trip and print what came of it; returns 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description="A run goes to a real MLflow server and comes back.")
    parser.add_argument("--environment", type=Path, default=ROOT / ".venv-mlflow")
    options = parser.parse_args()
    start = perf_counter()
    programs = environment(options.environment.absolute())
    with TemporaryDirectory() as name:
        folder = Path(name)
        holdfast: list[str | Path] = [programs / "python", "-m", "holdfast.cli.main"]
        settings = {**os.environ, **QUIET}
        asked = ["compare", *recordings(folder), "--run", "release", "-q"]
        compared = subprocess.run([*holdfast, *asked], cwd=folder, env=settings, check=False, stdout=subprocess.DEVNULL)
        subprocess.run([*holdfast, "attest", "release"], cwd=folder, env=settings, check=True, stdout=subprocess.DEVNULL)
        ready = perf_counter()
        with server(programs, folder) as uri:
            up = perf_counter()
            done = subprocess.run(
                [programs / "python", READS_BACK, uri], cwd=folder, env=settings, capture_output=True, text=True, check=False
            )
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        return 1
    claims = json.loads(done.stdout.splitlines()[-1])
    seconds = {
        "environment and run": round(ready - start, 1),
        "server start": round(up - ready, 1),
        "round trip": round(perf_counter() - up, 1),
    }
    print(json.dumps({"packages": PACKAGES, "compare_exit": compared.returncode, "claims": claims, "seconds": seconds}, indent=2))
    return 0 if all(claims.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
