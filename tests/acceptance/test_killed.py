"""kill -9 at the worst moments: nothing is lost, and what is repeated is the same mail."""

import time
from collections import Counter

import pytest

RECIPIENTS = ["finance@sergelen.example", "web@sergelen.example"]
CYCLE = ("run", "--once", "--at", "2024-01-09T09:00")


@pytest.fixture
def office(office, post_office):
    """An office with one connection to the mail server, and two mails to send on 2024-01-09."""
    office.configure(_CONFIG.format(port=post_office.port))
    return office


def told(post_office):
    """How often each mail arrived, by recipient and Message-ID."""
    return Counter((each.recipient, each.message_id) for each in post_office.letters)


def assert_each_told_with_at_most_one_repeat(post_office):
    times = told(post_office)
    assert sorted(recipient for recipient, _ in times) == RECIPIENTS, (
        "one Message-ID for each of the two mails"
    )
    assert sorted(times.values()) in ([1, 1], [1, 2])
    assert len({each.raw for each in post_office.letters}) == len(times), (
        "a repeat is the same to the last byte"
    )


def assert_all_is_sent(office):
    assert office.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", 2)]


def test_killed_between_the_final_dot_and_the_answer_the_same_mail_comes_again(office, post_office):
    post_office.hold()
    first = office.start(*CYCLE)
    first.until(lambda: post_office.letters)
    first.kill()
    post_office.let_go()
    office.does(*CYCLE)
    assert max(told(post_office).values()) == 2
    assert_each_told_with_at_most_one_repeat(post_office)
    assert_all_is_sent(office)


def test_killed_between_the_answer_and_its_record_the_same_mail_comes_again(office, post_office):
    post_office.hold()
    first = office.start(*CYCLE)
    first.until(lambda: post_office.letters)
    with office.store.nobody_else_writes():  # so the answer that comes cannot be recorded
        post_office.let_go()
        time.sleep(0.3)
        first.kill()
    office.does(*CYCLE)
    assert max(told(post_office).values()) == 2
    assert_each_told_with_at_most_one_repeat(post_office)
    assert_all_is_sent(office)


def test_killed_anywhere_the_next_run_does_what_is_left_and_one_more_run_nothing(office, post_office):
    begun = time.monotonic()
    office.does(*CYCLE)
    whole = time.monotonic() - begun
    office.store.forget()
    post_office.taken()
    kills = 8
    for number in range(1, kills + 1):
        killed = office.start(*CYCLE)
        time.sleep(whole * (0.4 + 0.6 * number / kills))  # before that it only loads itself
        killed.kill()
    office.does(*CYCLE)
    assert_all_is_sent(office)
    times = told(post_office)
    assert sorted(recipient for recipient, _ in times) == RECIPIENTS
    assert sum(times.values()) <= len(RECIPIENTS) + kills
    post_office.taken()
    office.does(*CYCLE)
    assert post_office.letters == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # on a server its claim stands for a minute
def test_a_daemon_killed_while_it_sends_repeats_that_mail_when_it_is_back(live_office, post_office):
    post_office.hold()
    first = live_office.start("run")
    first.until(lambda: post_office.letters)
    first.kill()
    post_office.let_go()
    second = live_office.start("run")
    second.until(lambda: len(post_office.letters) == 3)
    second.until(lambda: live_office.rows("SELECT count(*) FROM delivery WHERE state = 'sent'") == [(2,)])
    assert_each_told_with_at_most_one_repeat(post_office)


_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Санхүү", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Цахим хуудас", email = "web@sergelen.example" }},
]

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 1
"""
