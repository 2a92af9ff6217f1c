"""The headers of every answer, and the hosts that requests may be for."""

import html
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sketch.web.site import POLICY

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MISDIRECTED = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sketch – not at this name</title>
<h1>sketch does not answer to this name</h1>
<p>The request was for <code>{host}</code>. A web site could use such a name to reach
this server through your browser, so only names that are known to be its own are
answered.</p>
<p>On the machine that runs <code>sketch serve</code>, open the address that it printed.
If this name is right, as behind a proxy, start it with
<code>sketch serve --allow-host {host}</code>.</p>
</html>
"""


class Guard:
    """Puts the headers on all responses; refuses requests meant for other hosts.

    A site whose name resolves to this machine shares its origin with this server, as
    far as a browser can tell. That name in the Host header gives it away.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = None):
        """Wraps an application.

        Args:
            app: the application.
            hosts: names that requests may be for, in lower case, without a port, beside
                the address at which the request arrived; None: any.
        """
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; see ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                # Asked for again each time, sent again only when it has changed.
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        app = self._app if self._is_ours(scope) else _misdirected(scope)
        await app(scope, receive, send_guarded)

    def _is_ours(self, scope: Scope) -> bool:
        if self._hosts is None:
            return True
        host = host_of(scope)
        address = (scope.get("server") or [""])[0]
        return host in self._hosts or host == bracketed(address)


def host_of(scope: Scope) -> str:
    """The name in the Host header, in lower case, without the port."""
    return without_port(Headers(scope=scope).get("host", ""))


def without_port(host: str) -> str:
    """A host, perhaps with a port, as Guard compares it."""
    name, colon, port = host.lower().rpartition(":")
    # What remains of a bare IPv6 address is not one with a port.
    return name if colon and port.isdecimal() and _is_whole(name) else host.lower()


def bracketed(address: str) -> str:
    """An address as it stands in a Host header: IPv6 in brackets."""
    return f"[{address}]" if ":" in address and address[:1] != "[" else address


def _is_whole(name: str) -> bool:
    return ":" not in name or name.endswith("]")


def _misdirected(scope: Scope) -> Response:
    headers = Headers(scope=scope)
    host = host_of(scope)
    if "text/html" in headers.get("accept", ""):
        return HTMLResponse(MISDIRECTED.format(host=html.escape(host)), 421)
    return JSONResponse(
        {"error": "This server answers to its own names only; see --allow-host."}, 421
    )
