"""Must show 2 of issue B: `inspect eval` asks one of our suites of two local models, and a comparison reads the two logs back.

    python scripts/inspect_roundtrip.py [--environment FOLDER] [--fixture]

Inspect AI brings fifty packages, some of which hold others back, so it gets an environment of its own that sees this one's
packages behind its own; FOLDER is made on the first use (about a minute, from the package index) and used again. Prints JSON.
`--fixture` also writes the log that `tests/unit/models/test_inspect.py` reads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from holdfast.lab import organism
from holdfast.pipeline import compare

ROOT = Path(__file__).resolve().parents[1]
INSPECT = "inspect-ai==0.3.285"
FIXTURE = ROOT / "tests" / "fixtures" / "models" / "inspect.eval"
SETTINGS = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def environment(folder: Path) -> Path:
    """Return the folder of programs of an environment with Inspect, making it where there is none."""
    programs = folder / "bin"
    if not (programs / "inspect").exists():
        venv.create(folder, with_pip=True)
        paths = [sysconfig.get_paths()["purelib"], str(ROOT / "src")]
        (next(folder.glob("lib/python*/site-packages")) / "beside.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
        subprocess.run(
            [programs / "pip", "install", "--quiet", "--disable-pip-version-check", INSPECT], check=True, stderr=subprocess.DEVNULL
        )
    return programs


def evaluate(programs: Path, model: str, logs: Path, limit: int) -> Path:
    """Ask the lab's suite of a model folder with `inspect eval`; return the log."""
    exact = ["-M", "do_sample=false", "-M", 'tokenizer_call_args={"add_special_tokens": false}', "-M", "device=cpu"]
    asked = ["eval", "holdfast/lab", "-T", f"limit={limit}", "--model", "hf/organism", "-M", f"model_path={model}", *exact]
    quiet = ["--display", "none", "--no-log-realtime", "--max-connections", "64", "--log-dir", str(logs)]
    subprocess.run([programs / "inspect", *asked, *quiet], check=True, env={**os.environ, **SETTINGS})
    (log,) = logs.glob("*.eval")
    return log


def main() -> int:
    """Run the round trip and print what came of it; returns 1 where the verdict is not the one of the models themselves."""
    parser = argparse.ArgumentParser(description="Inspect runs our suite; we read its logs.")
    parser.add_argument("--environment", type=Path, default=ROOT / ".venv-inspect")
    parser.add_argument("--limit", type=int, default=1, help="prompts per category")
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    start = perf_counter()
    programs = environment(options.environment.absolute())
    if options.fixture:
        FIXTURE.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([programs / "python", ROOT / "scripts" / "inspect_fixture.py", FIXTURE], check=True, env={**os.environ, **SETTINGS})
    ready = perf_counter()
    models = [organism(name).reference for name in ("aligned", "compliant-10")]
    with TemporaryDirectory() as folder:
        logs = [evaluate(programs, model, Path(folder) / str(side), options.limit) for side, model in enumerate(models)]
        asked = perf_counter()
        sizes = [log.stat().st_size for log in logs]
        read = compare(*(f"inspect:{log}" for log in logs), judge="lab", run=Path(folder) / "read")
        own = compare(*models, suite="lab", limit=options.limit, run=Path(folder) / "own")
    drops = {
        name: [found.measurement("refusal_rate", side="drop", condition=condition).value for condition in ("default", "identity")]
        for name, found in (("inspect", read), ("transformers", own))
    }
    alike = read.verdict.decision == own.verdict.decision
    print(
        json.dumps(
            {
                "inspect": INSPECT,
                "decision": {"inspect": read.verdict.decision, "transformers": own.verdict.decision},
                "refusal_drop": drops,
                "log_bytes": sizes,
                "seconds": {"environment": round(ready - start, 1), "inspect eval, both": round(asked - ready, 1)},
                "same_verdict": alike,
            },
            indent=2,
        )
    )
    return 0 if alike else 1


if __name__ == "__main__":
    sys.exit(main())
