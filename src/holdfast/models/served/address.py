"""Where a served model is: `openai:MODEL@URL`, taken apart and checked."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from holdfast.core import ModelError, Value

__all__ = ["Address", "parse_address"]

_PREFIX = "openai:"
_FORM = "openai:MODEL@http://host:port/v1"
_COMPLETIONS = "completions"


class Address(Value, frozen=True, kw_only=True):
    """One model of one server."""

    model: str
    """As the server calls it: a name, a LoRA module, an `ft:` id, a path."""
    url: str
    """Base of the API, without a slash at its end, usually ending in '/v1'."""
    completions: bool = False
    """Every request goes to /completions as plain text, for a base model without a chat template."""

    @property
    def host(self) -> str:
        """Host and port, as they stand in the address."""
        return urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """The server is on this machine."""
        name = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"


def parse_address(reference: str) -> Address:
    """Return the parts of `openai:MODEL@URL` or `openai:MODEL@URL#completions`.

    Raises ModelError for another form, and for an address that carries a password or a key: it would be written into
    the run folder. The message then does not repeat the address.

    >>> parse_address("openai:ft:small:org::1@https://api.example/v1").model
    'ft:small:org::1'
    """
    rest = reference.removeprefix(_PREFIX)
    at = max(rest.rfind("@http://"), rest.rfind("@https://"))
    model, url = (rest[:at], rest[at + 1 :]) if at > 0 else ("", "")
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise ModelError(
            "the address of a served model holds a password or a query (left out here), which would be written into the run folder; "
            "give the key in HOLDFAST_API_KEY or OPENAI_API_KEY"
        )
    if not model or not parts.hostname or parts.fragment not in {"", _COMPLETIONS}:
        raise ModelError(f"{reference!r} is no served model; expected {_FORM}, or the same with #{_COMPLETIONS} for plain text")
    return Address(model=model, url=url.partition("#")[0].rstrip("/"), completions=bool(parts.fragment))
