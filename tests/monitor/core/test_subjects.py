"""Contacts."""

from datetime import date

from monitor.core.subjects import Contact


def test_a_contact_serves_from_the_first_day_to_the_last_both_included() -> None:
    officer = Contact("web", "Web", "web@soum.example", start=date(2024, 3, 1), until=date(2024, 3, 31))
    days = (date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1))

    assert [officer.serves_on(day) for day in days] == [False, True, True, False]
