"""A service on the loopback interface that takes messages as JSON, as Apprise sends them to `json://`."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "secret-word"


@dataclass
class Service:
    """A service that answers each message with the next status of its script, then with the last one again.

    While it `drips`, its answer comes byte by byte and does not end.
    """

    script: list[int] = field(default_factory=lambda: [200])
    received: list[dict[str, object]] = field(default_factory=list)
    drips: bool = False

    def __post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(json.loads(body))
                self.send_response(service.script[0] if len(service.script) == 1 else service.script.pop(0))
                self.flush_headers()
                with suppress(OSError):  # nobody listens any more
                    while service.drips:
                        self.wfile.write(b"X")
                        time.sleep(0.1)
                    self.wfile.write(b": \r\n\r\n")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self.drips = False
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
