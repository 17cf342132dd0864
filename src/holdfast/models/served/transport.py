"""One attempt at one request over HTTP: bytes out, a JSON object back, or what went wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from holdfast.models.served.address import Address
from holdfast.models.served.failures import Trouble, retry_after, server_message
from holdfast.models.served.keys import hide

__all__ = ["Transport"]

_MOST_BYTES = 64 << 20
"""No answer is larger; a server that sends more is cut off."""
_MAY_PASS = {408, 409, 425, 429}
_CONNECT_SECONDS = 10.0


class Transport:
    """Connections to one server, kept open between requests and shared by threads."""

    def __init__(self, address: Address, *, key: str | None, timeout: float, connections: int) -> None:
        """Redirects are not followed, so that a key reaches no other server; a proxy is not used for this machine itself."""
        self._url, self._key, self._timeout = address.url, key, timeout
        self._client = httpx2.Client(
            headers={"accept": "application/json", "user-agent": "holdfast", **({"authorization": f"Bearer {key}"} if key else {})},
            timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS), pool=None),
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=not address.is_loopback,
            follow_redirects=False,
        )

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | Trouble:
        """Return the JSON object that comes back with status 200, or the trouble. The key stands in neither."""
        try:
            status, headers, data = self._read(method, path, body)
        except httpx2.ConnectError:
            return Trouble(reason="no connection to the server", may_pass=True)
        except (httpx2.TimeoutException, TimeoutError):
            return Trouble(reason=f"no complete answer within {self._timeout:g} seconds", may_pass=True, charged=True)
        except httpx2.TransportError as error:
            return Trouble(reason=f"the connection broke off ({type(error).__name__})", may_pass=True, charged=True)
        except (httpx2.DecodingError, _TooLarge) as error:
            return Trouble(reason=f"the answer cannot be read ({type(error).__name__.strip('_')})", may_pass=True, charged=True)
        found = self._decode(data)
        if status == 200:
            if isinstance(found, dict):
                return found
            return Trouble(reason="the answer is not a JSON object", may_pass=True, charged=True, status=200)
        return self._trouble(status, headers, found)

    def close(self) -> None:
        """Close all connections; requests in flight fail."""
        self._client.close()

    def _read(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, httpx2.Headers, bytes]:
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"content-type": "application/json"} if content is not None else {}
        end = time.monotonic() + self._timeout
        with self._client.stream(method, self._url + path, content=content, headers=headers) as response:
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                # The client's own limit is per read: a server that sends a byte now and then would never reach it.
                if time.monotonic() > end:
                    raise TimeoutError
                if len(data) > _MOST_BYTES:
                    raise _TooLarge
            return response.status_code, response.headers, bytes(data)

    def _decode(self, data: bytes) -> Any:
        try:
            return msgspec.json.decode(hide(data.decode("utf-8", errors="replace"), self._key))
        except msgspec.DecodeError:
            return None

    def _trouble(self, status: int, headers: httpx2.Headers, body: Any) -> Trouble:
        said = server_message(body)
        reason = f"the server answered with status {status}" + (f": {said}" if said else "")
        spent = "insufficient_quota" in str(body)[:2_000]
        return Trouble(
            reason=reason,
            may_pass=(status in _MAY_PASS or status >= 500) and not spent,
            wait=retry_after(headers, datetime.now(UTC)),
            status=status,
        )


class _TooLarge(Exception):
    """The answer does not end."""
