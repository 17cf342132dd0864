"""Who may read: only a browser on this machine that holds the token, and only from our own pages.

The pages show what models wrote and where things lie. Another page in the same browser, a name that was rebound to this
address, and another program on this machine without the token must not get them.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["COOKIE", "HEADERS", "Guard"]

COOKIE = "holdfast-view"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_METHODS = ("GET", "HEAD")
_TOKEN = "token"
HEADERS = {
    # Drawings carry their colours in style attributes; a style element or a script from anywhere but our own files is refused.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What every answer says, unless the page says it in its own words."""


class Guard:
    """ASGI middleware in front of everything, files too.

    Args:
        app: what is guarded.
        token: what a request must know; it comes in the URL once, and from then on in a cookie.
        port: part of the cookie's name, since a browser shares cookies between the ports of one machine.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int = 0) -> None:
        self._app = app
        self._token = token
        self._cookie = f"{COOKIE}-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with what is wrong with it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"holdfast view answers HTTP only, got {scope['type']!r}.")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope) or self._entrance(scope)
        await (answer or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Refuse a request that no page of ours can have made, whatever it knows."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in _LOOPBACK:
            return _say(403, "This address is served under 127.0.0.1 and localhost only.")
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return _say(403, "Another site asked for this; only pages of holdfast view may.")
        # Another port of this machine is the 'same site', so its cookies come along: only a link may lead here from there.
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and headers.get("sec-fetch-mode") != "navigate":
            return _say(403, "Another site asked for this; only pages of holdfast view may.")
        if scope["method"] not in _METHODS:
            return _say(405, "This page only reads: it answers GET.", allow=", ".join(_METHODS))
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        """Turn the token of the URL into a cookie; refuse a request that has neither."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == _TOKEN]
        if given:
            if not _same(given[0], self._token):
                return _say(403, "The token in this address is not the one of this start of holdfast view. Use the address it printed.")
            rest = urlencode([(name, value) for name, value in query if name != _TOKEN])
            # From the root only: a path such as //elsewhere would be another site's address.
            place = "/" + scope["path"].lstrip("/")
            answer = RedirectResponse(place + (f"?{rest}" if rest else ""), status_code=303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
            return answer
        known = cookie_parser(Headers(scope=scope).get("cookie", "")).get(self._cookie)
        if known is None:
            return _say(401, "This page needs the token in the address that holdfast view printed.")
        if not _same(known, self._token):
            return _say(403, "Holdfast view was started again since. Use the address it printed.")
        return None


def _name(host: str) -> str:
    """Return the name in a Host header, without its port: an SSH tunnel may end at another one."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.lower()


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


def _say(status: int, words: str, **headers: str) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status, headers=headers)
