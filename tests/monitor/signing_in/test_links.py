"""Links and sessions as both databases keep them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from monitor.signing_in.links import MOST_FOR_AN_ADDRESS, Asked, ask_for_link, use_link
from monitor.signing_in.sessions import (
    IDLE,
    begin_session,
    end_session,
    end_sessions_of,
    keep_session,
    session_of,
    sessions_by_person,
)
from tests.monitor.signing_in.office import ADDRESS, FINANCE, HEAD, Office

DAY = timedelta(days=1)


def asked(office: Office, address: str = FINANCE) -> timedelta | None:
    with office.engine.begin() as connection:
        now = office.clock.now()
        return ask_for_link(
            connection, office.assembly, Asked(address, "192.0.2.1", "a-browser", "/people"), now, now
        )


def test_of_several_who_use_a_link_at_once_one_is_signed_in(office: Office) -> None:
    asked(office)
    link = office.link(FINANCE).rpartition("/")[2]

    def use(_: int) -> str | None:
        with office.engine.begin() as connection:
            used = use_link(connection, office.clock.now(), link, "a-browser")
            return used and used.wanted

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(8)), key=str) == ["/people", *[None] * 7]


def test_links_are_counted_and_the_longest_wait_is_told(office: Office) -> None:
    for _ in range(MOST_FOR_AN_ADDRESS):
        assert asked(office) is None
        office.clock.pass_by(minutes=2)
    assert asked(office) == timedelta(minutes=50)
    assert asked(office, HEAD) is None
    assert office.mails(FINANCE)[0].count(ADDRESS) == 1


def test_a_session_is_kept_ended_and_counted(office: Office) -> None:
    now = office.clock.now()
    with office.engine.begin() as connection:
        first, second = (begin_session(connection, now, FINANCE) for _ in range(2))
        begin_session(connection, now, HEAD)
        assert session_of(connection, now, first).person == FINANCE
        assert not session_of(connection, now, first).is_to_be_kept
        assert session_of(connection, now + DAY, first).is_to_be_kept
        keep_session(connection, now + DAY, first)
        assert [(each.person, each.number, each.seen_at) for each in sessions_by_person(connection, now)] == [
            (FINANCE, 2, now + DAY),
            (HEAD, 1, now),
        ]
        assert session_of(connection, now + IDLE, second) is None
        assert session_of(connection, now + IDLE, first) is not None
        end_session(connection, first)
        assert session_of(connection, now, first) is None
        assert end_sessions_of(connection, FINANCE) == 1
        assert [each.person for each in sessions_by_person(connection, now)] == [HEAD]


def test_who_is_signed_out_everywhere_cannot_use_a_link_sent_before(office: Office) -> None:
    asked(office)
    link = office.link(FINANCE).rpartition("/")[2]
    with office.engine.begin() as connection:
        end_sessions_of(connection, FINANCE)
        assert use_link(connection, office.clock.now(), link, "a-browser") is None


def test_a_person_signs_in_looks_and_signs_out(office: Office) -> None:
    browser = office.signed_in(FINANCE, "/people")
    assert browser.is_signed_in
    browser.send("/sign-out", on="/")
    assert not browser.is_signed_in
