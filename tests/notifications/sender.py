"""A sending process of its own, to be killed: `sender.py DATABASE PORT CONNECTIONS`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from conftest import open_outbox

from notifications import outbox
from notifications.delivering import deliver
from notifications.transports import MailSettings
from notifications.transports.smtp import SmtpTransport


def main(database: str, port: str, connections: str) -> None:
    engine = open_outbox(f"sqlite:///{database}")
    with engine.begin() as connection:
        outbox.release_all(connection)
    settings = MailSettings(
        transport="smtp",
        path=Path("/nowhere"),
        sender="iltod <iltod@example.mn>",
        port=int(port),
        security="none",
        connections=int(connections),
    )
    deliver(
        engine, SmtpTransport(settings), lambda: datetime.now(UTC), lambda: False, f"process {os.getpid()}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
