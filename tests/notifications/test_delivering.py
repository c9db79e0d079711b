"""Delivery passes against a real server and a real database: what goes out, what waits, what is seen."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from notifications import delivering, mail_list, outbox, taking_back
from notifications.delivering import DeliveryPass, deliver
from notifications.messages import Way
from notifications.transports import Cleared, MailSettings, Parcel, make_transport
from notifications.transports.line import Line
from notifications.transports.maildir import MaildirTransport
from notifications.transports.outcomes import Outcome, Sent
from notifications.transports.pace import Pace
from notifications.transports.smtp import SmtpTransport, Timeouts

SENDER = "iltod <iltod@example.mn>"
DROP, SILENCE = "<drop>", "<silence>"
QUICK = Timeouts(answer=0.5, whole_message=0.4)


def many(count):
    return [f"officer{number}@sergelen.example" for number in range(count)]


def queue(post, *recipients):
    for recipient in recipients:
        post.queue(recipient)


def test_everything_that_is_due_goes_out_once_each_to_its_own_recipient(post, serve):
    server = serve()
    queue(post, *many(60))
    assert post.deliver(SmtpTransport(server.settings(connections=4))) == DeliveryPass(sent=60)
    assert sorted(each.recipient for each in server.received) == sorted(many(60))
    assert server.connections <= 4
    assert set(post.states()) == {"sent"}
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass()


def test_where_nothing_is_due_no_server_is_troubled(post, serve):
    server = serve()
    post.deliver(SmtpTransport(server.settings()))
    assert server.connections == 0


def test_the_configured_transport_writes_a_maildir(post, tmp_path):
    queue(post, "a@b.example", "c@d.example")
    settings = MailSettings(transport="maildir", path=tmp_path / "mail", sender=SENDER)
    assert post.deliver(make_transport(settings)) == DeliveryPass(sent=2)
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 2


def test_a_greylisted_recipient_is_tried_again_and_the_others_do_not_wait(post, serve, clock):
    server = serve(script={"RCPT a@b.example": ["451 greylisted"]})
    queue(post, "a@b.example", "c@d.example")
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1, deferred=1)
    assert post.states() == ["queued", "sent"]
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass()
    clock.pass_by(minutes=1)
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1)


def test_a_refused_recipient_fails_and_is_seen(post, serve, engine):
    server = serve(script={"RCPT a@b.example": "550 no such user"})
    queue(post, "a@b.example", "c@d.example")
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1, failed=1)
    with engine.begin() as connection:
        (failed,) = mail_list.failed(connection)
    assert (failed.recipient, failed.reason, failed.answer, failed.code) == (
        "a@b.example",
        "refused",
        "no such user",
        550,
    )


@pytest.mark.parametrize("fault", [DROP, SILENCE])
def test_a_repeat_after_no_answer_carries_the_same_message_id_and_bytes(post, serve, clock, fault):
    server = serve(script={".": [fault]})
    post.queue()
    assert post.deliver(SmtpTransport(server.settings(), timeouts=QUICK)) == DeliveryPass(deferred=1)
    clock.pass_by(minutes=1)
    assert post.deliver(SmtpTransport(server.settings(), timeouts=QUICK)) == DeliveryPass(sent=1)
    first, second = server.received
    assert first.raw == second.raw
    assert first.message_id == second.message_id


def test_a_poisoned_message_is_set_aside_and_the_others_go_out(post, serve, engine):
    server = serve()
    queue(post, "a@b.example", "c@d.example")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE delivery SET recipient = 'no address' WHERE id = 1")
    with capture_logs() as logs:
        assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1, failed=1)
    assert post.states() == ["failed", "sent"]
    with engine.begin() as connection:
        (failed,) = mail_list.failed(connection)
    assert "no address" in failed.answer
    assert [each["event"] for each in logs if each["log_level"] != "debug"] == [
        "mail.poisoned",
        "mail.failed",
    ]


NO_THREAD = RuntimeError("can't start new thread")
SHORTAGES = [MemoryError(), OSError(errno.EMFILE, os.strerror(errno.EMFILE)), NO_THREAD]


@pytest.mark.parametrize("shortage", SHORTAGES, ids=repr)
@pytest.mark.parametrize("when", ["before the server has it", "after the server took it"])
def test_what_the_machine_is_short_of_for_a_moment_fails_no_mail_and_spoils_no_other(
    post, serve, clock, monkeypatch, shortage, when
):
    server = serve()
    queue(post, "a@b.example", "c@d.example")
    say, answer, left = Line.say, Line.answer, [shortage]
    patient = Timeouts(answer=20.0, whole_message=21.0)

    def strike_while_it_is_said(line, words):
        if words.endswith(b"\r\n.\r\n") and left:
            raise left.pop()
        say(line, words)

    async def strike_when_it_is_answered(line, seconds):
        answered = await answer(line, seconds)
        if seconds == patient.whole_message and left:
            raise left.pop()
        return answered

    if when == "before the server has it":
        monkeypatch.setattr(Line, "say", strike_while_it_is_said)
    else:
        monkeypatch.setattr(Line, "answer", strike_when_it_is_answered)
    transport = SmtpTransport(server.settings(), timeouts=patient)
    begun = time.monotonic()
    assert post.deliver(transport) == DeliveryPass(sent=1, deferred=1)
    assert time.monotonic() < begun + patient.answer, "the other was not said into the middle of the first"
    assert post.states() == ["queued", "sent"]
    clock.pass_by(minutes=1)
    assert post.deliver(transport) == DeliveryPass(sent=1)
    told = {
        "before the server has it": ["c@d.example"],
        "after the server took it": ["a@b.example", "c@d.example"],
    }
    assert [each.recipient for each in server.received] == [*told[when], "a@b.example"]
    assert len({each.raw for each in server.received}) == 2, "a repeat is the same to the last byte"


@pytest.mark.parametrize("shortage", SHORTAGES, ids=repr)
def test_where_the_machine_is_too_short_of_something_to_connect_all_waits(post, serve, monkeypatch, shortage):
    server = serve()
    queue(post, "a@b.example", "c@d.example")

    def refuse(_loop, *_args, **_more):
        raise shortage

    with monkeypatch.context() as short:
        short.setattr("asyncio.BaseEventLoop.run_in_executor", refuse)  # in which a name is looked up
        assert str(shortage) in (post.deliver(SmtpTransport(server.settings())).unreachable or "")
    assert post.states() == ["queued", "queued"]
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=2)


def test_an_outage_is_remembered_and_said_once_when_it_begins_and_once_when_it_ends(post, serve, clock):
    server = serve(script={"banner": ["421 too busy"] * 3})
    queue(post, "a@b.example", "c@d.example")
    began = clock()
    with capture_logs() as logs:
        for _ in range(3):
            assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(unreachable="too busy")
            assert post.do(mail_list.down_since) == (began, "too busy")
            clock.pass_by(minutes=1)
        assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=2)
    assert post.do(mail_list.down_since) is None
    assert [each["event"] for each in logs if each["log_level"] != "debug"] == ["mail.down", "mail.up"]
    assert post.states() == ["sent", "sent"]


def test_a_dead_server_is_asked_once_a_pass_not_once_a_message(post, serve):
    server = serve(script={"banner": "421 too busy"})
    queue(post, *many(50))
    post.deliver(SmtpTransport(server.settings(connections=4)))
    assert server.connections == 1


def test_an_outage_counts_against_nobodys_three_days(post, serve, clock):
    server = serve(script={"RCPT": ["451 later"] * 2})
    post.queue()
    post.deliver(SmtpTransport(server.settings()))
    server.script["banner"] = "421 down"
    clock.pass_by(minutes=1)
    post.deliver(SmtpTransport(server.settings()))
    clock.pass_by(days=10)
    del server.script["banner"]
    post.deliver(SmtpTransport(server.settings()))
    assert post.states() == ["queued"]
    clock.pass_by(minutes=5)
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1)


def test_a_recipient_who_refuses_for_three_days_is_given_up_visibly(post, serve, clock):
    server = serve(script={"RCPT": "451 later"})
    post.queue()
    for _ in range(3 * 24):
        assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(deferred=1)
        clock.pass_by(hours=1)
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(failed=1)
    (failed,) = post.do(mail_list.failed)
    assert (failed.reason, failed.answer) == ("expired", "later")


def test_that_a_recipient_is_refused_for_now_is_logged_when_it_begins_and_when_it_ends(post, serve, clock):
    server = serve(script={"RCPT a@b.example": ["451 later"] * 3})
    queue(post, "a@b.example", "c@d.example")
    with capture_logs() as logs:
        for _ in range(4):
            post.deliver(SmtpTransport(server.settings()))
            clock.pass_by(hours=1)
    told = [each for each in logs if each["log_level"] != "debug"]
    assert [(each["event"], each["delivery"]) for each in told] == [("mail.deferred", 1), ("mail.sent", 1)]


def test_a_recipient_at_whom_the_server_always_gives_up_does_not_hold_up_the_others(post, serve, clock):
    server = serve(script={"RCPT a@b.example": "421 closing"})
    post.queue("a@b.example")
    clock.pass_by(seconds=1)
    post.queue("c@d.example")
    clock.pass_by(seconds=1)
    post.deliver(SmtpTransport(server.settings()))
    clock.pass_by(minutes=1)
    post.deliver(SmtpTransport(server.settings()))
    assert [each.recipient for each in server.received] == ["c@d.example"]


def test_a_server_that_allows_fewer_connections_gets_all_messages_over_those(post, serve):
    server = serve(script={"banner": ["220 welcome", "421 one connection a client", "421 one", "421 one"]})
    queue(post, *many(30))
    assert post.deliver(SmtpTransport(server.settings(connections=4))) == DeliveryPass(sent=30)


def test_the_first_signal_ends_the_pass_after_the_message_in_hand(post, serve):
    server = serve()
    queue(post, *many(10))
    done = post.deliver(SmtpTransport(server.settings()), stop=lambda: len(server.received) >= 3)
    assert done == DeliveryPass(sent=3)
    assert post.states().count("queued") == 7
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=7)


def test_no_more_mails_a_minute_than_the_server_allows(post, serve):
    server = serve()
    queue(post, *many(4))
    transport = SmtpTransport(server.settings(connections=4, per_minute=600))
    passed = threading.Event()
    timer = threading.Timer(0.25, passed.set)
    timer.start()
    post.deliver(transport)
    assert passed.is_set(), "4 mails at 10 a second take 0.3 s"
    timer.join()


def test_a_wait_for_the_next_turn_ends_with_the_signal(post, serve):
    server = serve()
    queue(post, *many(4))
    transport = SmtpTransport(server.settings(per_minute=1))
    assert post.deliver(transport, stop=lambda: len(server.received) >= 1) == DeliveryPass(sent=1)


def test_a_claim_is_held_for_as_long_as_an_answer_is_awaited(post, serve, second_engine):
    server = serve(script={".": [SILENCE]})
    post.queue()
    lease, tried = timedelta(seconds=0.9), []

    def claim_as_another_daemon():
        until = time.monotonic() + 1.8
        while time.monotonic() < until:
            with second_engine.begin() as connection:
                tried.append(outbox.claim(connection, datetime.now(UTC), "two", 5, lease))
            time.sleep(0.05)

    rival = threading.Thread(target=claim_as_another_daemon)
    transport = SmtpTransport(server.settings(), timeouts=Timeouts(answer=5, whole_message=2))

    def now():
        if server.received and not rival.ident:
            rival.start()
        return datetime.now(UTC)

    deliver(post.engine, transport, now, lambda: False, "one", lease=lease)
    rival.join()
    assert len(tried) > 10
    assert set(tried) == {()}


def test_what_cannot_be_recorded_ends_the_pass_at_once(post, serve, engine):
    server = serve()
    queue(post, *many(20))

    def full_disk(_connection, _cursor, sql, *_):
        if sql.startswith("INSERT INTO attempt"):
            raise OperationalError(sql, {}, Exception("database or disk is full"))

    event.listen(engine, "before_cursor_execute", full_disk)
    with pytest.raises(OperationalError, match="disk is full"):
        post.deliver(SmtpTransport(server.settings(connections=2)))
    event.remove(engine, "before_cursor_execute", full_disk)
    assert len(server.received) <= 2, "at most one a connection is sent without being recorded"


def test_an_answer_that_could_not_be_recorded_at_first_is_recorded_at_the_end(post, serve, engine):
    server = serve()
    post.queue()
    failures = [OperationalError("", {}, Exception("database is locked"))]

    def locked_once(_connection, _cursor, sql, *_):
        if sql.startswith("INSERT INTO attempt") and failures:
            raise failures.pop()

    event.listen(engine, "before_cursor_execute", locked_once)
    with pytest.raises(OperationalError, match="locked"):
        post.deliver(SmtpTransport(server.settings()))
    event.remove(engine, "before_cursor_execute", locked_once)
    assert post.states() == ["sent"]


class TwoLanes:
    """A way out by two lanes: on one the second parcel meets the failure of a commit, on the other the first does."""

    name, way, lanes, pace = "test", Way.MAIL, 2, Pace(0)

    def __init__(self, failed: asyncio.Event) -> None:
        self._failed, self._handed_over = failed, 0

    @asynccontextmanager
    async def lane(self) -> AsyncIterator["TwoLanes"]:
        yield self

    async def reach(self) -> None:
        return None

    async def send(self, _parcel: Parcel, cleared: Cleared) -> Outcome:
        self._handed_over += 1
        if self._handed_over > 1:
            await self._failed.wait()
            await asyncio.sleep(
                0.05 * (4 - self._handed_over)
            )  # the later one comes first, while the other talks
        await cleared()
        return Sent(250, "taken")


def test_a_commit_that_fails_while_two_lanes_talk_keeps_neither_of_them_waiting(post, engine):
    queue(post, *many(3))
    failed = asyncio.Event()

    def locked_once(_connection, _cursor, sql, *_):
        if sql.startswith("INSERT INTO attempt") and not failed.is_set():
            failed.set()
            raise OperationalError("", {}, Exception("database is locked"))

    event.listen(engine, "before_cursor_execute", locked_once)
    with pytest.raises(OperationalError, match="locked"):
        post.deliver(TwoLanes(failed))
    event.remove(engine, "before_cursor_execute", locked_once)
    assert sorted(post.states()) == ["queued", "queued", "sent"]


def test_an_answer_whose_commit_was_kept_and_not_confirmed_is_recorded_once(post, serve, engine, monkeypatch):
    number = post.queue()
    broken = []

    def lose_the_answer(_connection, _cursor, sql, *_):
        if sql.startswith("INSERT INTO attempt") and not broken:
            broken.append(sql)
            monkeypatch.setattr(engine.dialect, "do_commit", commit_and_break)

    def commit_and_break(connection):
        monkeypatch.undo()
        connection.commit()
        raise engine.dialect.dbapi.OperationalError("server closed the connection unexpectedly")

    event.listen(engine, "before_cursor_execute", lose_the_answer)
    with pytest.raises(OperationalError, match="unexpectedly"):
        post.deliver(SmtpTransport(serve().settings()))
    event.remove(engine, "before_cursor_execute", lose_the_answer)
    assert post.states() == ["sent"]
    assert [each.outcome for each in post.show(number).attempts] == ["sent"]


def test_two_attempts_at_one_moment_are_two(post, serve):
    """A rehearsal's clock stands."""
    number = post.queue()
    server = serve(script={"RCPT": ["451 later"]})
    post.deliver(SmtpTransport(server.settings()))
    post.do(taking_back.retry, number, post.clock())
    post.deliver(SmtpTransport(server.settings()))
    assert [each.outcome for each in post.show(number).attempts] == ["temporary", "sent"]


def test_a_maildir_that_cannot_be_written_is_an_outage(post, tmp_path):
    (tmp_path / "mail").write_text("a file")
    post.queue()
    assert post.deliver(MaildirTransport(tmp_path / "mail")).unreachable is not None
    assert post.do(mail_list.down_since) is not None
    assert post.states() == ["queued"]


def test_two_daemons_at_once_send_each_message_once(post, serve, engine, second_engine, clock):
    server = serve()
    queue(post, *many(80))

    def run(own_engine, name):
        deliver(own_engine, SmtpTransport(server.settings(connections=2)), clock, lambda: False, name)

    threads = [threading.Thread(target=run, args=pair) for pair in ((engine, "one"), (second_engine, "two"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.recipient for each in server.received) == sorted(many(80))


def test_lanes_share_a_commit_as_soon_as_all_of_them_wait_for_it(post, serve, engine, monkeypatch):
    monkeypatch.setattr(delivering, "_COMMIT_DELAY_SECONDS", 3600)
    server = serve()
    queue(post, *many(80))
    commits = []
    event.listen(engine, "commit", commits.append)
    assert post.deliver(SmtpTransport(server.settings(connections=8))) == DeliveryPass(sent=80)
    assert len(commits) < 40


def test_a_lane_waits_no_longer_for_a_slow_one_than_a_moment(post, serve):
    server = serve(script={". slow@sergelen.example": SILENCE})
    queue(post, "slow@sergelen.example", *many(20))
    transport = SmtpTransport(server.settings(connections=2), timeouts=Timeouts(whole_message=5.0))
    begun = time.monotonic()
    assert post.deliver(transport, stop=lambda: time.monotonic() > begun + 2) == DeliveryPass(
        sent=20, deferred=1
    )
    assert len(server.received) == 21
