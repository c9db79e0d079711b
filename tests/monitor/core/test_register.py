"""Organisations as they stand to each other, and who hears of what."""

from datetime import date, timedelta
from time import perf_counter

import pytest

from monitor.core.offsets import Escalation
from monitor.core.register import Register, parents_in_a_circle
from monitor.core.subjects import Contact, Organisation, Recipient

DAY = date(2024, 4, 5)
TO_HEAD = Escalation.parse("3wd", "head")
TO_OVERSIGHT = Escalation.parse("10wd", "parent:oversight")


def organisation(
    name: str,
    *contacts: Contact,
    parent: str | None = None,
    timezone: str = "Asia/Ulaanbaatar",
    kind: str = "soum",
) -> Organisation:
    return Organisation(
        name, name.title(), kind, date(2024, 1, 1), timezone, parent=parent, contacts=contacts
    )


def contact(role: str, address: str, **more: object) -> Contact:
    return Contact(role, address.partition("@")[0].title(), address, **more)  # type: ignore[arg-type]  # test shorthand


def register(*organisations: Organisation) -> Register:
    return Register(organisations, "mn")


def addresses(people: tuple[Recipient, ...]) -> list[str]:
    return [person.address for person in people]


def test_organisations_are_found_by_their_id() -> None:
    soum = organisation("soum")
    known = register(soum)

    assert known["soum"] is soum
    assert known.get("soum") is soum
    assert known.get("other") is None
    assert "soum" in known
    assert "other" not in known


def test_organisations_keep_the_order_of_the_file() -> None:
    assert register(organisation("b", parent="a"), organisation("a")).ids == ("b", "a")


def test_under_an_organisation_are_it_and_all_below_it() -> None:
    known = register(
        organisation("school", parent="soum"),
        organisation("soum", parent="aimag"),
        organisation("aimag"),
        organisation("other", parent="aimag"),
        organisation("elsewhere"),
    )

    assert known.under("aimag") == ("aimag", "soum", "other", "school")
    assert known.under("school") == ("school",)


def test_ancestors_are_told_nearest_first() -> None:
    known = register(
        organisation("soum", parent="aimag"), organisation("aimag", parent="state"), organisation("state")
    )

    assert known.ancestors("soum") == ("aimag", "state")
    assert known.ancestors("state") == ()


def test_one_address_is_one_recipient_whatever_its_case() -> None:
    known = register(
        organisation("a", contact("web", "Office@Soum.example"), contact("finance", "office@soum.example")),
        organisation("b", contact("head", "OFFICE@soum.EXAMPLE")),
    )

    assert addresses(known.recipients) == ["Office@Soum.example"]
    assert known.recipient("oFFICE@soum.example") == known.recipients[0]
    assert addresses(known.responsible("a", ("web", "finance"), DAY)) == ["Office@Soum.example"]


def test_an_unknown_address_is_nobody() -> None:
    assert register(organisation("a")).recipient("who@soum.example") is None


def test_language_and_time_zone_are_those_of_the_topmost_organisation() -> None:
    known = register(
        organisation("soum", contact("web", "one@aimag.example", language="en"), parent="aimag"),
        organisation("aimag", contact("oversight", "one@aimag.example", language="mn"), timezone="Asia/Hovd"),
    )

    assert known.recipient("one@aimag.example") == Recipient("one@aimag.example", "One", "mn", "Asia/Hovd")


def test_among_organisations_of_one_level_the_first_of_the_file_decides() -> None:
    known = register(
        organisation("b", contact("web", "one@aimag.example", language="en"), timezone="Asia/Hovd"),
        organisation("a", contact("web", "one@aimag.example", language="mn")),
    )

    assert known.recipient("one@aimag.example") == Recipient("one@aimag.example", "One", "en", "Asia/Hovd")


def test_a_contact_without_a_language_gets_that_of_the_monitor() -> None:
    known = Register((organisation("a", contact("web", "one@aimag.example")),), "en")

    assert [person.language for person in known.recipients] == ["en"]


def test_a_role_is_heard_by_all_its_contacts_in_office() -> None:
    known = register(
        organisation(
            "a",
            contact("web", "old@a.example", until=DAY - timedelta(days=1)),
            contact("web", "new@a.example", start=DAY),
            contact("web", "second@a.example"),
            contact("head", "head@a.example"),
        )
    )

    assert addresses(known.addressees("a", "web", DAY)) == ["new@a.example", "second@a.example"]
    assert addresses(known.addressees("a", "web", DAY - timedelta(days=1))) == [
        "old@a.example",
        "second@a.example",
    ]


def test_a_role_without_a_contact_falls_back_to_the_head() -> None:
    known = register(organisation("a", contact("head", "head@a.example")))

    assert addresses(known.addressees("a", "web", DAY)) == ["head@a.example"]


def test_without_a_head_it_falls_back_to_the_oversight_of_the_parent() -> None:
    known = register(
        organisation("a", contact("head", "head@a.example", until=date(2024, 1, 31)), parent="top"),
        organisation("top", contact("oversight", "law@top.example"), contact("head", "head@top.example")),
    )

    assert addresses(known.addressees("a", "web", DAY)) == ["law@top.example"]


def test_a_role_falls_back_no_further_than_the_oversight_of_the_parent() -> None:
    known = register(
        organisation("a", parent="top"), organisation("top", contact("head", "head@top.example"))
    )

    assert known.addressees("a", "web", DAY) == ()


def test_the_responsible_are_told_once_each_in_the_order_of_the_roles() -> None:
    known = register(
        organisation(
            "a",
            contact("web", "both@a.example"),
            contact("finance", "money@a.example"),
            contact("finance", "both@a.example"),
        )
    )

    assert addresses(known.responsible("a", ("finance", "web"), DAY)) == ["money@a.example", "both@a.example"]


@pytest.mark.parametrize(
    ("parent_roles", "grandparent_roles", "expected"),
    [
        (("oversight", "head"), ("oversight", "head"), ["oversight@parent.example"]),
        (("head",), ("oversight", "head"), ["head@parent.example"]),
        ((), ("oversight", "head"), ["oversight@grandparent.example"]),
        ((), ("head",), ["head@grandparent.example"]),
        ((), (), []),
    ],
)
def test_an_escalation_to_a_missing_oversight_goes_to_the_next_above(
    parent_roles: tuple[str, ...], grandparent_roles: tuple[str, ...], expected: list[str]
) -> None:
    known = register(
        organisation("soum", contact("head", "head@soum.example"), parent="parent"),
        organisation(
            "parent",
            *(contact(role, f"{role}@parent.example") for role in parent_roles),
            parent="grandparent",
        ),
        organisation(
            "grandparent", *(contact(role, f"{role}@grandparent.example") for role in grandparent_roles)
        ),
    )

    assert addresses(known.escalation_addressees("soum", TO_OVERSIGHT, DAY)) == expected


def test_an_escalation_goes_to_the_head_and_to_a_missing_heads_place_the_oversight_of_the_parent() -> None:
    known = register(
        organisation("a", contact("head", "head@a.example", until=DAY), parent="top"),
        organisation("top", contact("oversight", "law@top.example")),
    )

    assert addresses(known.escalation_addressees("a", TO_HEAD, DAY)) == ["head@a.example"]
    assert addresses(known.escalation_addressees("a", TO_HEAD, DAY + timedelta(days=1))) == [
        "law@top.example"
    ]


def test_an_escalation_to_a_parent_that_is_not_there_is_heard_by_nobody() -> None:
    known = register(
        organisation("a", contact("head", "head@a.example"), contact("oversight", "law@a.example"))
    )

    assert known.escalation_addressees("a", TO_OVERSIGHT, DAY) == ()


def test_the_unheard_are_the_roles_for_which_nobody_is_left() -> None:
    known = register(
        organisation("a", contact("web", "web@a.example", until=DAY)),
        organisation("b", contact("head", "head@b.example")),
        organisation("c", kind="school"),
    )
    roles = {"soum": ("finance", "web"), "aimag": ("law",)}

    assert known.unheard(DAY, roles) == (("a", "finance"),)
    assert known.unheard(DAY + timedelta(days=1), roles) == (("a", "finance"), ("a", "web"))


def test_every_circle_of_parents_is_found_once() -> None:
    parents = {"x": "a", "a": "b", "b": "a", "c": "c", "d": None, "e": "d", "f": "unknown"}

    assert parents_in_a_circle(parents) == (("a", "b"), ("c",))


@pytest.mark.parametrize(
    "organisations",
    [
        (organisation("a"), organisation("a")),
        (organisation("a", parent="b"),),
        (organisation("a", parent="b"), organisation("b", parent="a")),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(organisations: tuple[Organisation, ...]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Register(organisations, "mn")


def test_ten_thousand_organisations_are_indexed_and_asked_within_a_moment() -> None:
    soums = tuple(
        organisation(
            f"soum-{n}",
            contact("finance", f"f{n}@soum.example"),
            contact("head", "head@aimag.example"),
            parent="top",
        )
        for n in range(10_000)
    )
    started = perf_counter()
    known = register(organisation("top", contact("oversight", "law@top.example")), *soums)
    told = [known.responsible(each, ("finance", "web"), DAY) for each in known.ids]

    assert addresses(told[-1]) == ["f9999@soum.example", "head@aimag.example"]
    assert perf_counter() - started < 3


def test_a_person_remains_until_the_last_day_in_any_role_of_any_organisation() -> None:
    first = contact("web", "web@soum.example", until=date(2024, 4, 4))
    again = contact("finance", "Web@soum.example", start=date(2024, 5, 1), until=date(2024, 5, 31))
    open_end = contact("head", "head@soum.example")
    known = register(organisation("soum", first, open_end), organisation("other", again))

    def remaining(day: date) -> list[str]:
        return [each.address for each in known.recipients if known.remains(each.address, day)]

    assert remaining(date(2024, 5, 31)) == ["web@soum.example", "head@soum.example"]
    assert remaining(date(2024, 6, 1)) == ["head@soum.example"]
