"""Two hosts of their own on this machine: network namespaces, addresses, names."""

import contextlib
import os
import shutil
import subprocess

import pytest

ADDRESSES = ("10.0.0.1", "10.0.0.2")
# With names and mounts of its own, each host has a name that both resolve.
ENTER = 'hostname "$0" && mount --bind "$1" /etc/hosts && shift && exec "$@"'


def _ip(*words) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def two_hosts(folder):
    """Yields, for each host, the words that start a command on it."""
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("two hosts need `ip` and `unshare`: apt install iproute2")
    names = [f"sketch{os.getpid()}{letter}" for letter in "ab"]
    hosts = folder / "hosts"
    lines = [f"{a} {n}" for a, n in zip(ADDRESSES, names, strict=True)]
    hosts.write_text("\n".join(["127.0.0.1 localhost", *lines]) + "\n")
    made = []
    try:
        try:
            for name in names:
                _ip("netns", "add", name)
                made.append(name)
            pair = [f"sk{letter}{os.getpid()}"[:15] for letter in "ab"]
            _ip(
                *("link", "add", pair[0], "netns", names[0], "type", "veth"),
                *("peer", "name", pair[1], "netns", names[1]),
            )
            for name, link, address in zip(names, pair, ADDRESSES, strict=True):
                _ip("-n", name, "addr", "add", f"{address}/24", "dev", link)
                _ip("-n", name, "link", "set", link, "up")
                _ip("-n", name, "link", "set", "lo", "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"two hosts need root and namespaces: {error.stderr.strip()}")
        yield [
            [
                *("ip", "netns", "exec", name, "unshare", "--mount", "--uts"),
                *("sh", "-c", ENTER, name, str(hosts)),
            ]
            for name in names
        ]
    finally:
        for name in made:
            _ip("netns", "del", name)
