"""The outbox on a real SQLite file: who gets what, once."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from notifications import mail_list, outbox, queueing
from notifications.messages import DeliveryState, Kind
from notifications.outbox import Attempt
from notifications.transports.outcomes import Permanent, Sent, Temporary, Unreachable

SENDER = "iltod <iltod@example.mn>"
LEASE = timedelta(seconds=60)


def test_a_person_gets_one_message_of_a_kind_a_day_however_the_address_is_written(post):
    assert post.queue("finance@sergelen.example") is not None
    assert post.queue("Finance@Sergelen.example") is None
    assert post.queue("finance@sergelen.example", kind=Kind.NOTICE) is not None
    assert post.queue("finance@sergelen.example", day=date(2024, 1, 8)) is not None
    assert post.queue("web@sergelen.example") is not None


@pytest.mark.parametrize("kind", [Kind.TEST, Kind.SIGN_IN])
def test_what_a_person_asks_for_is_sent_again_and_again(post, clock, kind):
    assert post.queue(kind=kind) is not None
    clock.pass_by(seconds=5)
    assert post.queue(kind=kind) is not None


def test_two_links_asked_for_at_the_same_moment_are_two_mails(post):
    assert post.queue(kind=Kind.SIGN_IN, text="https://page.example/sign-in/a") is not None
    assert post.queue(kind=Kind.SIGN_IN, text="https://page.example/sign-in/b") is not None


def test_two_test_mails_at_the_same_moment_are_two_mails(post):
    assert post.queue(kind=Kind.TEST) is not None
    assert post.queue(kind=Kind.TEST) is not None, "the clock of a rehearsal stands"


def test_what_is_sent_was_finished_when_it_was_queued(post):
    delivery_id = post.queue()
    frozen = post.show(delivery_id).raw
    (claimed,) = post.claim()
    assert claimed.parcel.raw == frozen
    assert claimed.parcel.message_id.encode() in frozen


def test_a_queue_that_is_rolled_back_leaves_nothing(post, engine, clock, make_message):
    with engine.connect() as connection:
        queueing.queue(connection, make_message(), SENDER, "", clock())
        connection.rollback()
    assert post.claim() == ()


def test_messages_queued_together_are_each_told_apart(post, clock, make_message):
    together = [
        make_message(f"officer{number}@sergelen.example", subject=f"№{number}") for number in range(40)
    ]
    queued = post.do(queueing.queue_many, together, SENDER, "", clock())
    shown = [post.show(each.delivery_id) for each in queued]
    assert [each.delivery.subject for each in shown] == [said.subject for said in together]
    assert [each.delivery.recipient for each in shown] == [said.recipient for said in together]
    for claimed in post.claim(limit=40):
        assert (
            f"To: =?utf-8?b?0KHQsNC90YXSr9Kv0LPQuNC50L0g0LDQu9Cx0LA=?=\r\n <{claimed.parcel.recipient}>".encode()
            in claimed.parcel.raw
        )
        assert f"Message-ID: {claimed.parcel.message_id}".encode() in claimed.parcel.raw


def test_of_messages_queued_together_only_the_first_for_a_person_day_and_kind_is_taken(
    post, clock, make_message
):
    post.queue("web@sergelen.example")
    addresses = ["web@sergelen.example", "finance@sergelen.example", "Finance@sergelen.example"]
    together = [make_message(address) for address in addresses]
    queued = post.do(queueing.queue_many, together, SENDER, "", clock())
    assert [each is not None for each in queued] == [False, True, False]


def test_an_unfit_address_among_messages_queued_together_leaves_nothing(post, clock, make_message):
    together = [make_message("finance@sergelen.example"), make_message("not an address")]
    with pytest.raises(ValueError, match="not one mail address"):
        post.do(queueing.queue_many, together, SENDER, "", clock())
    assert post.claim() == ()


def test_an_unfit_address_is_refused_when_it_is_queued(post):
    with pytest.raises(ValueError, match="not one mail address"):
        post.queue("a@b.example, c@d.example")
    assert post.claim() == ()


def test_the_oldest_goes_first_and_no_more_than_asked_for(post, clock):
    first = post.queue("a@b.example")
    clock.pass_by(seconds=1)
    second, third = post.queue("c@d.example"), post.queue("e@f.example")
    assert [each.id for each in post.claim(limit=2)] == [first, second]
    assert [each.id for each in post.claim(limit=2)] == [third]


def test_what_one_sender_has_claimed_another_does_not_get(post):
    post.queue()
    assert len(post.claim(by="one")) == 1
    assert post.claim(by="two") == ()


def test_a_claim_whose_lease_has_ended_is_free_and_may_have_been_sent(post, clock):
    delivery_id = post.queue()
    post.claim(by="one")
    clock.pass_by(seconds=59)
    assert post.claim(by="two") == ()
    clock.pass_by(seconds=1)
    assert len(post.claim(by="two")) == 1
    assert post.show(delivery_id).delivery.unanswered


def test_a_lease_can_be_renewed_while_an_answer_is_awaited(post, clock):
    delivery_id = post.queue()
    post.claim(by="one")
    clock.pass_by(seconds=40)
    post.do(outbox.renew, [delivery_id], "one", clock(), LEASE)
    clock.pass_by(seconds=40)
    assert post.claim(by="two") == ()


def test_what_a_dead_process_had_claimed_is_free_at_the_next_start(post):
    delivery_id = post.queue()
    post.claim(by="dead")
    assert post.do(outbox.release_all) == 1
    assert len(post.claim(by="new")) == 1
    assert post.show(delivery_id).delivery.unanswered


def test_what_was_claimed_and_not_begun_is_given_back_as_it_was(post):
    delivery_id = post.queue()
    post.claim(by="one")
    post.do(outbox.release, [delivery_id], "one")
    assert len(post.claim(by="two")) == 1
    assert not post.show(delivery_id).delivery.unanswered


def test_two_senders_at_the_same_time_never_get_the_same_delivery(post, engine, second_engine, clock):
    for number in range(60):
        post.queue(f"officer{number}@sergelen.example")
    got = {"one": [], "two": []}
    start = threading.Barrier(2)

    def take(name, own_engine):
        start.wait()
        while True:
            with own_engine.begin() as connection:
                claimed = outbox.claim(connection, clock(), name, 3, LEASE)
            if not claimed:
                return
            got[name].extend(each.id for each in claimed)

    threads = [threading.Thread(target=take, args=pair) for pair in (("one", engine), ("two", second_engine))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got["one"] + got["two"]) == list(range(1, 61))


def test_every_attempt_is_written_down(post, clock):
    delivery_id = post.queue()
    post.end(Temporary(451, "greylisted"))
    clock.pass_by(minutes=1)
    post.end(Sent(250, "taken"))
    after = post.show(delivery_id)
    assert after.delivery.state is DeliveryState.SENT
    assert after.delivery.finished_at == clock()
    assert [(each.outcome, each.code, each.answer) for each in after.attempts] == [
        ("temporary", 451, "greylisted"),
        ("sent", 250, "taken"),
    ]


def test_an_answer_that_no_database_takes_is_written_down_without_the_unfit_characters(post):
    delivery_id = post.queue()
    post.end(Permanent(550, "no\udcff such\x1b[31m\r\nuser"))
    assert post.show(delivery_id).attempts[0].answer == "no such [31m user"


def test_where_nobody_was_reached_no_attempt_is_written_down(post):
    delivery_id = post.queue()
    post.end(Unreachable("connection refused"))
    after = post.show(delivery_id)
    assert after.attempts == ()
    assert after.delivery.state is DeliveryState.QUEUED


def test_a_late_answer_does_not_undo_what_the_new_holder_does(post, engine, clock):
    delivery_id = post.queue()
    (lost,) = post.claim(by="slow")
    clock.pass_by(minutes=2)
    post.claim(by="new")
    with engine.begin() as connection:
        late = Attempt(lost, "smtp", clock(), clock(), Temporary(451, "later"))
        outbox.record(connection, [late], "slow")
    assert post.show(delivery_id).delivery.state is DeliveryState.SENDING


def test_a_message_that_was_sent_stays_sent_whoever_says_so(post, engine, clock):
    delivery_id = post.queue()
    (lost,) = post.claim(by="slow")
    clock.pass_by(minutes=2)
    (held,) = post.claim(by="new")
    with engine.begin() as connection:
        outbox.record(connection, [Attempt(lost, "smtp", clock(), clock(), Sent(250, ""))], "slow")
        outbox.record(connection, [Attempt(held, "smtp", clock(), clock(), Permanent(550, "again?"))], "new")
    assert post.show(delivery_id).delivery.state is DeliveryState.SENT


def test_the_list_shows_the_newest_first_with_the_last_answer(post):
    first = post.queue("a@b.example")
    post.end(Permanent(550, "no such user"))
    second = post.queue("c@d.example")
    rows = post.do(mail_list.listing)
    assert [(row.id, row.answer, row.code) for row in rows] == [
        (second, "", None),
        (first, "no such user", 550),
    ]
    assert [row.id for row in post.do(mail_list.listing, DeliveryState.FAILED)] == [first]


def test_counts_name_every_state(post):
    post.queue("a@b.example")
    post.end(Sent(250, ""))
    post.queue("c@d.example")
    counts = post.do(mail_list.counts)
    assert set(counts) == set(DeliveryState)
    assert (counts[DeliveryState.SENT], counts[DeliveryState.QUEUED], sum(counts.values())) == (1, 1, 2)


def test_how_long_the_oldest_mail_has_been_waiting(post, clock):
    assert post.do(mail_list.oldest_undelivered) is None
    post.queue("a@b.example")
    queued_at = clock()
    clock.pass_by(hours=2)
    post.queue("c@d.example")
    assert post.do(mail_list.oldest_undelivered) == queued_at


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # asks for its plan
def test_the_claim_reads_what_is_open_and_no_settled_row(post, engine):
    post.queue()
    spoken = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _k, sql, values, *_: spoken.append((sql, values))
    )
    post.claim()
    sql, values = next(each for each in spoken if each[0].startswith("SELECT"))
    with engine.begin() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    assert any("USING INDEX delivery_open" in row[-1] for row in plan)
