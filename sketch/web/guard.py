"""What stands before every answer: whom the page talks to, and what it may load."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

HEADERS = {
    # Scripts, styles and data of this server alone; nothing inline, no frames around.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src "
    "'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Puts the headers on all responses; refuses requests meant for other hosts.

    A site that has its own name resolve to 127.0.0.1 is of one origin with this server
    as far as a browser can tell. Its name in the Host header gives it away.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = None):
        """Wraps an application.

        Args:
            app: the application.
            hosts: names that requests may be for, ports apart; None: any.
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

        app = self._app
        if self._hosts is not None and _host(scope) not in self._hosts:
            refusal = {"error": "This server answers to its own address alone."}
            app = JSONResponse(refusal, 421)
        await app(scope, receive, send_guarded)


def _host(scope: Scope) -> str:
    """The name in the Host header, without the port."""
    host = Headers(scope=scope).get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
