"""The server: a socket, the application behind it, and a clean end."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from sketch.backend import devices
from sketch.web.guard import LOOPBACK

GRACE_SECONDS = 2  # for answers under way when the server is told to end


def serve(
    host: str,
    port: int,
    root: Path,
    models: Sequence[str] = (),
    backend: str | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Serves the page until it is interrupted.

    Args:
        host: address to listen at.
        port: 0 takes any that is free.
        root: the folder of all experiments.
        models: those to offer; none: all that write texts.
        backend: see `devices.set_up`.
        tell: takes what there is to say: first the address.

    Raises:
        OSError: the address cannot be had.
        ValueError, FileNotFoundError: see `Models`, and `devices.set_up`.
    """
    devices.set_up(backend)
    # keras is chosen by now.
    from sketch.web.app import build_app
    from sketch.web.models import Models

    hands = Models(root, models)
    is_local = is_loopback(host)
    with listen(host, port) as opened:
        name = f"[{host}]" if ":" in host else host
        tell(f"http://{name}:{opened.getsockname()[1]}/")
        for line in hands.damaged:
            tell(f"damaged: {line}")
        if not hands.experiments:
            tell(f"no experiment in {root} writes text yet; the capture sheet works")
        if not is_local:
            tell("anybody who reaches this address can have texts written")
        app = build_app(hands, LOOPBACK | {name.lower()} if is_local else None)
        config = uvicorn.Config(
            app,
            log_config=None,  # it would close the handlers that are there
            log_level="critical",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        server.run(sockets=[opened])
        if server.should_exit:  # by a signal, which is not always raised again
            raise KeyboardInterrupt


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        OSError: tells the address and the way out.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise OSError(
            f"cannot listen at {host}, port {port}: {reason}; choose another by --host "
            "or --port"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
