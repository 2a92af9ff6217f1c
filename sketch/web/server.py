"""The server: a socket, the application behind it, and a clean end."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from sketch.backend import devices
from sketch.system.messages import echo
from sketch.web.guard import LOOPBACK, bracketed, without_port

GRACE_SECONDS = 2  # for answers under way when the server is told to end


def serve(
    host: str,
    port: int,
    root: Path,
    models: Sequence[str] = (),
    backend: str | None = None,
    allowed: Sequence[str] = (),
    tell: Callable[[str], None] = echo,
) -> None:
    """Serves the page until it is interrupted.

    Args:
        host: address to listen at.
        port: 0 takes any that is free.
        root: the folder of all experiments.
        models: those to offer; none: all that write texts.
        backend: see `devices.set_up`.
        allowed: further names that requests may be for, as those of a proxy.
        tell: called with each line for the user: first the address.

    Raises:
        OSError: the address cannot be had.
        ValueError, FileNotFoundError: see `Models`, and `devices.set_up`.
    """
    devices.set_up(backend)
    # keras is chosen by now.
    from sketch.web.app import build_app
    from sketch.web.models import Models

    offered = Models(root, models)
    with listen(host, port) as opened:
        name = bracketed(host)
        tell(f"http://{name}:{opened.getsockname()[1]}/")
        for line in offered.damaged:
            tell(f"damaged: {line}")
        if not offered.experiments:
            tell(f"no experiment in {root} writes text yet; recording works")
        if not is_loopback(host):
            tell("anybody who reaches this address can have texts written")
        hosts = {name.lower(), *map(without_port, allowed)}
        app = build_app(offered, LOOPBACK | hosts | own_names(host))
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
        OSError: names the address and the remedy.
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


def own_names(host: str) -> set[str]:
    """The machine's own names, by which others reach it; none at a loopback address.

    Its addresses are not among them: see `Guard`.
    """
    if is_loopback(host):
        return set()
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return {name, short, f"{short}.local"}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
