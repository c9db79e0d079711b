"""The command line: `iltod`."""

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from monitor.cli.parser import build_parser, named_config, wanted_language
from monitor.speech import N_, speak
from monitor.written import written_config, written_monitor

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any, NoReturn

_COLLECT_AFTER = 50_000
"""Objects; all that `iltod status` imports are fewer."""

OK, FAILED, MISUSED, COULD_NOT_TELL = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it did what was asked, 1 when it could not, 2 for a misread line."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    said = _said_in(named_config(arguments))
    language = wanted_language(arguments, said["written"])
    speak(language)
    parser = build_parser(language)
    parser.set_defaults(**said)
    if any(not _is_text(each) for each in arguments):
        parser.error(parser.voice.gettext(N_("what was typed is not text in UTF-8")))
    args = parser.parse_args(arguments)
    if args.config != said["config"]:  # it was named by an abbreviation, which argparse alone understands
        vars(args).update(_said_in(args.config))
    if getattr(args, "at", None) is not None and not args.once:
        parser.error("--at: --once")
    if not args.whether_read_or_not:
        return _do(args)
    from monitor.unread import whether_read_or_not  # noqa: PLC0415 -- only the lasting commands need it

    with whether_read_or_not():
        return _do(args)


def _said_in(config: str) -> "dict[str, Any]":
    """What every command knows of its configuration before that is read whole."""
    content = written_config(config)
    return {"config": config, "content": content, "written": written_monitor(content)}


def _do(args: Namespace) -> int:
    try:
        module, function = args.command
        status = getattr(import_module(module), function)(args)
        return _with_its_answer_written(int(status), args)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if isinstance(error, BrokenPipeError) and not args.whether_read_or_not:
            _write_nowhere()  # who read us has enough (`iltod status | head`)
            return OK
        if args.debug:
            raise
        return _tell(error, args)


def _with_its_answer_written(status: int, args: Namespace) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, say: but what was to be recorded is
        from monitor.cli.failures import tell_unwritten  # noqa: PLC0415 -- only what went wrong needs it

        _write_nowhere()
        return tell_unwritten(error, args)
    return status


def _write_nowhere() -> None:
    """What is still to be written would fail again on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """Who runs us may have closed them; in their place a file that we open would take what we say."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 -- as long as the process


def run_and_exit() -> "NoReturn":
    """The console script.

    A short command would spend a tenth of its time on collecting garbage while it imports, and again on its way out.
    """
    gc.set_threshold(_COLLECT_AFTER)
    status = main()
    gc.freeze()
    sys.exit(status)


def _is_text(argument: str) -> bool:
    """Bytes that are no UTF-8 come as lone surrogates, which no file and no database takes."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tell(error: Exception, args: Namespace) -> int:
    from monitor.cli.failures import tell_failure  # noqa: PLC0415 -- only what went wrong needs it

    return tell_failure(error, args)
