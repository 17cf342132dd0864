"""From the command line's words to a server on this machine's own address."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from holdfast.core import InputError

if TYPE_CHECKING:
    from holdfast.view.sources import Runs

__all__ = ["PORT", "bind", "serve"]

PORT = 8471
_TOKEN_BYTES = 24
_WAITING = 128


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a loopback address; raises InputError for another address, and for a port that is taken."""
    name = "127.0.0.1" if host == "localhost" else host
    try:
        address = ip_address(name)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise InputError(
            f"--host {host!r} is not a loopback address, and the page shows what models wrote: serve it on 127.0.0.1 and reach it "
            f"from elsewhere through a tunnel (ssh -L {port or PORT}:127.0.0.1:{port or PORT} MACHINE)."
        )
    listening = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((name, port))
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise InputError(
            f"{host}:{port} cannot be served on ({error.strerror}). Give another --port, or --port 0 for any that is free."
        ) from error
    return listening


def serve(runs: Runs, *, host: str, port: int, browser: bool, said: Callable[[str], None]) -> None:
    """Serve until stopped. `said` is given the address, token in it; with `browser` it is opened too.

    Raises InputError for an address that cannot be served on, and where the extra 'view' is not installed.
    """
    try:
        import uvicorn

        from holdfast.view.app import create_app
    except ModuleNotFoundError as error:
        raise InputError(f"holdfast view needs {error.name!r}, which is not installed: pip install 'holdfast[view]'.") from error
    with bind(host, port) as listening:
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        named = f"[{host}]" if ":" in host else host
        address = f"http://{named}:{port}/?token={token}"
        # Hundreds of runs are read once, now; after that only what changed is.
        runs.rows()
        said(address)
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        settings = uvicorn.Config(
            create_app(runs, token=token, port=port),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
        )
        uvicorn.Server(settings).run(sockets=[listening])
