"""API keys: read from the environment, sent to the server, and kept out of everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from holdfast.models.served.address import Address

__all__ = ["HIDDEN", "find_key", "hide"]

HIDDEN = "[key]"
"""What stands where a key was."""


def find_key(address: Address, environment: Mapping[str, str]) -> str | None:
    """Return the key for a server: that of its host, else HOLDFAST_API_KEY, else OPENAI_API_KEY; None where there is none.

    The host's own variable is HOLDFAST_API_KEY_ and the host in capitals, every other sign an underscore, so that two
    services never see each other's key.

    >>> find_key(Address(model="m", url="https://api.example:8000/v1"), {"HOLDFAST_API_KEY_API_EXAMPLE_8000": "k"})
    'k'
    """
    own = "HOLDFAST_API_KEY_" + re.sub(r"[^A-Za-z0-9]", "_", address.host).upper()
    return next((value for name in (own, "HOLDFAST_API_KEY", "OPENAI_API_KEY") if (value := environment.get(name, "").strip())), None)


def hide(text: str, key: str | None) -> str:
    """Return the text with every occurrence of the key replaced: a server may repeat what it was sent."""
    return text.replace(key, HIDDEN) if key else text
