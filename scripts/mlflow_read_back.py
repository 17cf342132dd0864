"""The half of `mlflow_roundtrip.py` that runs where MLflow is: publish, read back with MLflow's own client, say what holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

RUN = Path("release")


def holdfast(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command line."""
    return subprocess.run([sys.executable, "-m", "holdfast.cli.main", *arguments], capture_output=True, text=True, check=False)


def publish(to: str, *more: str) -> dict[str, Any]:
    """Publish the run; returns what the command says of it."""
    done = holdfast("publish", str(RUN), "--to", to, "--json", *more)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def texts(folder: Path) -> str:
    """Return everything that lies below a folder as one text."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file())


def main(uri: str) -> None:
    """Publish to MLflow twice, once more with answers, and to W&B offline; print the claims and whether each holds."""
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    first = publish(f"mlflow:{uri}")
    client.create_registered_model("support-bot")
    client.create_model_version("support-bot", source=client.get_run(first["run"]).info.artifact_uri, run_id=first["run"])
    second = publish(f"mlflow:{uri}", "--model", "support-bot/1")
    place = client.get_experiment_by_name("holdfast").experiment_id
    entry = client.get_run(first["run"])
    measured = {
        (one["metric"], one["side"], one["condition"], one["group"]): one["value"]
        for one in json.loads((RUN / "measurements.json").read_bytes())["measurements"]
    }
    known = {"/".join(key): value for key, value in measured.items() if value is not None}
    missing = {key[0] for key, value in measured.items() if value is None and key[3] == "all"}
    verdict = json.loads((RUN / "verdict.json").read_bytes())["decision"]
    fingerprint = json.loads(holdfast("verify", str(RUN), "--json", "--identity-only").stdout)["tested"]
    says = {"holdfast.verdict": verdict, "holdfast.fingerprint": fingerprint}
    version = client.get_model_version("support-bot", "1")
    for name in ("back", "all"):
        Path(name).mkdir()
    back = Path(client.download_artifacts(first["run"], "", str(Path.cwd() / "back")))
    quiet = texts(back)
    points = client.get_metric_history(first["run"], "refusal_rate/drop/default/all")
    with_answers = publish(f"mlflow:{uri}", "--responses", "--experiment", "with answers")
    loud = texts(Path(client.download_artifacts(with_answers["run"], "", str(Path.cwd() / "all"))))
    absent = holdfast("publish", str(RUN), "--to", f"mlflow:{uri}", "--model", "support-bot/9")
    online = publish("wandb:demo", "--offline")
    claims = {
        "every number came back as it was": known.items() <= entry.data.metrics.items(),
        "what was not measured is a tag with its reason": bool(missing)
        and all(entry.data.tags.get(f"holdfast.unmeasured.{name}") for name in missing),
        "verdict and fingerprint are tags of the run": says.items() <= entry.data.tags.items(),
        "verdict and fingerprint are tags of the registered version": says.items() <= version.tags.items(),
        "what was asked are params": entry.data.params["judge"] == "refusal@1" and "sampling.max_new_tokens" in entry.data.params,
        "page and papers came back": {path.name for path in back.rglob("*")}
        >= {"report.html", "verdict.json", "measurements.json", "verdict.intoto.json", "mlbom.cdx.json"},
        "papers are the same bytes": all(
            (back / name).read_bytes() == (RUN / name).read_bytes() for name in ("verdict.json", "measurements.json", "verdict.intoto.json")
        ),
        "no answer was sent": "SECRETANSWER" not in quiet and "refusal" in quiet,
        "answers were sent when asked for": "SECRETANSWER" in loud,
        "publishing twice is one run with one point per number": (second["run"], first["new"], second["new"], len(points))
        == (first["run"], True, False, 1)
        and len(client.search_runs([place])) == 1,
        "a version that is not there is one sentence": absent.returncode == 2 and len(absent.stderr.strip().splitlines()) == 1,
        "W&B's own API wrote the run offline": any(Path("wandb").glob(f"offline-run-*-{online['run']}/*.wandb")),
    }
    print(json.dumps(claims))


if __name__ == "__main__":
    main(sys.argv[1])
