"""What the service manager is told, in its own protocol: sd_notify(3) says what each line means.

Some lines of our own rather than a package: those there are stale or need libsystemd, and systemd's manual shows just
this.
"""

import os
import socket
from contextlib import suppress

from monitor.clock import monotonic

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"
_SHOWN = 500


def tell_supervisor(*lines: str) -> None:
    """Say so to whoever started us and listens; to nobody where nobody does."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    if address.startswith("@"):  # a name of Linux's own, not of the file system
        address = f"\0{address[1:]}"
    with (
        suppress(OSError),  # who does not listen any more is not told; that must not keep us from our work
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to,
    ):
        to.setblocking(False)
        to.sendto("\n".join(lines).encode(), address)


def reloading() -> tuple[str, str]:
    """The lines that say so; newer managers want to know when that was."""
    return "RELOADING=1", f"MONOTONIC_USEC={int(monotonic() * 1_000_000)}"


def status(text: str) -> str:
    """The line that shows `text` in `systemctl status`, which has room for some lines of it."""
    return f"STATUS={' '.join(text.split())[:_SHOWN]}"
