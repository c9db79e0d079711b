"""The program in processes of its own, each forked from one that has imported it and done nothing else.

To import it takes longer than most of what a test asks of it. What is about the start itself, or about what the system
does to a process, starts the script (`Office.PROGRAM`).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

from monitor.cli import run_and_exit

_IMPORTED = ("monitor.daemon", "monitor.web.application", "monitor.cli.running", "monitor.cli.recording")
_server = get_context("forkserver")
_server.set_forkserver_preload([__name__, *_IMPORTED])


class Forked:
    """A process that works in `folder`, much as `subprocess.Popen` would give it.

    What it says goes to `out` and `err` in the folder `said`.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], said: Path
    ) -> None:
        out, err = said / "out", said / "err"
        out.touch()
        err.touch()
        become = (list(arguments), folder, dict(environment), out, err)
        self._process = _server.Process(target=_become_the_program, args=become, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status; negative, the signal that ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("iltod", timeout)
        return self.poll()

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _become_the_program(
    arguments: list[str], folder: Path, environment: dict[str, str], out: Path, err: Path
) -> None:
    for path, number in ((out, sys.stdout.fileno()), (err, sys.stderr.fileno())):
        opened = os.open(path, os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["iltod", *arguments]
    run_and_exit()
