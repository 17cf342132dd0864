"""Judge what is stored, by the rules that it was judged by or by others: no model, no torch."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.core import PolicyError, Verdict, digest
from holdfast.pipeline.own_verdicts import joined, own_verdicts
from holdfast.policy import Policy, judge, load_policy, policy_names
from holdfast.runs import read_measurements

__all__ = ["judge_stored", "rules_of"]


def judge_stored(path: Path, policy: str | None = None, *, strict: bool | None = None) -> Verdict:
    """Judge stored measurements (a run folder or a measurements file) with a policy. No model, no torch.

    Without a policy a run folder is judged by the one that its verdict names, and as strictly as then unless `strict` says otherwise;
    anything else by 'release'. In a pipeline's folder the verdicts of its steps by their own policies count, as they do at its gate.
    Raises PolicyError where that policy came from a file, which a run folder does not hold.
    """
    rules, stored = rules_of(path, policy, otherwise="release")
    verdict = judge(read_measurements(path), rules, strict=stored if strict is None else strict)
    return joined(verdict, own_verdicts(path))


def rules_of(folder: Path, policy: str | None, *, otherwise: str) -> tuple[Policy, bool]:
    """Return the policy to judge a run folder by, and whether strictly: the one that is named, or else the run's own, or else `otherwise`.

    A policy that is named is strict only where it is asked to be. Raises PolicyError where the run's own does not ship with Holdfast, or
    ships with other gates by now.
    """
    if policy is not None:
        return load_policy(policy), False
    stored = _stored(folder)
    if stored is None:
        return load_policy(otherwise), False
    if stored.policy not in policy_names():
        raise PolicyError(
            f"{folder} was judged by policy {stored.policy!r}, which does not ship with Holdfast. Give its file with --policy."
        )
    rules = load_policy(stored.policy)
    if digest(rules) != stored.policy_digest:
        raise PolicyError(
            f"{folder} was judged by a policy {stored.policy!r} that is not the one which ships with this Holdfast. Give its file with "
            f"--policy, or name the one that ships: --policy {stored.policy}."
        )
    return rules, stored.strict


def _stored(folder: Path) -> Verdict | None:
    file = folder / "verdict.json"
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Verdict).checked(file)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file}: expected a verdict, got something else ({error}). Name the policy with --policy.") from error
