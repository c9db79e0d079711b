"""The log: one event a line, JSON where no person looks on, and no address of a person unless it is asked for."""

import json
import logging
import os
import sys
import time
import warnings

import pytest
import structlog

from monitor.logs import configure_logs, without_addresses
from monitor.unread import whether_read_or_not


def lines(capsys) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


ANSWER = "550 5.1.1 <finance@sergelen.example>: Recipient address rejected"


def test_an_event_is_a_line_of_json_with_its_level_and_moment(capsys):
    configure_logs("info")
    structlog.get_logger("monitor").info("cycle.done", opened=3, why="two\nlines, Сэргэлэн")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "cycle.done", "level": "info", "opened": 3, "why": "two\nlines, Сэргэлэн"}


def test_nothing_in_a_line_steers_the_terminal_on_which_the_journal_is_read(capsys):
    configure_logs("info")
    answer = "\x1b]0;a\x07\x9b31m\u202e\udcff ᠮᠣᠩᠭᠣᠯ Сэргэлэн"
    structlog.get_logger("notifications").warning("mail.failed", answer=answer)
    written = capsys.readouterr().err
    assert written.rstrip("\n").isprintable()
    assert json.loads(written)["answer"] == answer.replace("\udcff", "?")


def test_an_address_is_shown_for_debugging_only(capsys):
    for level in ("info", "debug"):
        configure_logs(level)
        structlog.get_logger("notifications").warning("mail.failed", answer=ANSWER)
        structlog.get_logger("notifications").debug("mail.sent", to="finance@sergelen.example")
    hidden, shown, sent = lines(capsys)
    assert hidden["answer"] == "550 5.1.1 <<address>>: Recipient address rejected"
    assert shown["answer"] == ANSWER
    assert sent["to"] == "finance@sergelen.example"


@pytest.mark.parametrize("library", ["apscheduler.executors.default", "asyncio", "alembic"])
def test_what_a_library_says_is_an_event_like_ours(capsys, library):
    configure_logs("info")
    error = ValueError("finance@sergelen.example")
    logging.getLogger(library).error("Job %s failed", "cycle", exc_info=error)
    (line,) = lines(capsys)
    assert line["event"] == "library.said"
    assert (line["library"], line["said"], line["level"]) == (library, "Job cycle failed", "error")
    assert "ValueError: <address>" in line["exception"]


def test_a_warning_of_the_language_is_one_too(capsys):
    configure_logs("info")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("soon to be gone", DeprecationWarning, stacklevel=1)
    (line,) = lines(capsys)
    assert line["library"] == "py.warnings"
    assert "soon to be gone" in line["said"]


def test_what_libraries_tell_by_the_way_is_left_out(capsys):
    configure_logs("info")
    logging.getLogger("uvicorn.access").warning("GET / 200")
    logging.getLogger("python_multipart.multipart").warning("Expected boundary character 255, got 45")
    logging.getLogger("alembic.runtime").info("Will assume transactional DDL.")
    assert lines(capsys) == []


def test_a_line_that_nobody_takes_is_lost_and_whoever_logged_it_goes_on(monkeypatch):
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as stream, monkeypatch.context() as patched:  # noqa: PTH123 -- a descriptor
        patched.setattr(sys, "stderr", stream)
        with whether_read_or_not():
            configure_logs("info")
            os.close(reader)
            structlog.get_logger("monitor").error("cycle.failed")
            logging.getLogger("alembic").error("failed")
    structlog.get_logger("monitor").error("cycle.failed")


def test_a_reader_who_does_not_read_holds_up_nobody_and_later_lines_say_how_many_were_lost(monkeypatch):
    reader, writer = os.pipe()
    with open(reader, encoding="utf-8") as read, open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 -- descriptors
        monkeypatch.setattr(sys, "stderr", stream)
        before = time.monotonic()
        with whether_read_or_not():
            configure_logs("info")
            log = structlog.get_logger("monitor")
            for number in range(100):
                log.info("cycle.done", opened=number, why="Сэргэлэн" * 1000)
            assert time.monotonic() - before < 10
            os.set_blocking(reader, False)
            written = read.read()
            log.info("cycle.done", opened=100)
        *whole, torn, last = (written + read.read()).splitlines()
    assert [json.loads(line)["opened"] for line in whole] == list(range(len(whole)))
    assert not torn.endswith("}")
    assert json.loads(last)["lines_lost"] == 100 - len(whole) > 0


def test_a_long_word_of_a_server_is_looked_through_at_once():
    said = "x" * 200_000
    before = time.process_time()
    assert without_addresses(f"{said} to {said}@b.example.") == f"{said} to <address>"
    assert time.process_time() - before < 2
