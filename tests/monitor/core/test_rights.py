"""Who sees what, records for whom, and waives for whom."""

from datetime import date

import pytest

from monitor.core.register import Register
from monitor.core.rights import NO_RIGHTS, Rights, rights_of
from monitor.core.subjects import Contact, Organisation

DAY = date(2024, 4, 5)


def organisation(name: str, parent: str | None, *contacts: Contact) -> Organisation:
    return Organisation(name, name, "soum", date(2024, 1, 1), "Asia/Ulaanbaatar", parent, contacts=contacts)


def contact(
    address: str, role: str = "finance", start: str | None = None, until: str | None = None
) -> Contact:
    first, last = (date.fromisoformat(each) if each else None for each in (start, until))
    return Contact(role, "Name", address, start=first, until=last)


REGISTER = Register(
    (
        organisation("school", "soum", contact("school@x.example"), contact("below@x.example", "oversight")),
        organisation(
            "soum",
            "aimag",
            contact("soum@x.example"),
            contact("middle@x.example", "oversight"),
            contact("both@x.example"),
            contact("was@x.example", until="2024-04-04"),
            contact("will-be@x.example", start="2024-04-06"),
            contact("today@x.example", start="2024-04-05", until="2024-04-05"),
        ),
        organisation("other", "aimag", contact("other@x.example", "head"), contact("both@x.example", "web")),
        organisation(
            "aimag", None, contact("top@x.example", "oversight"), contact("clerk@x.example", "head")
        ),
        organisation("elsewhere", None, contact("alone@x.example", "oversight")),
    ),
    "mn",
)
ALL = {"school", "soum", "other", "aimag"}


@pytest.mark.parametrize(
    ("address", "acts", "waives"),
    [
        pytest.param("other@x.example", {"other"}, set(), id="a contact, its own organisation"),
        pytest.param("soum@x.example", {"soum", "school"}, set(), id="a contact above, all below"),
        pytest.param("clerk@x.example", ALL, set(), id="a head of the topmost, all, and waives for nobody"),
        pytest.param("top@x.example", ALL, ALL, id="the topmost oversight, all"),
        pytest.param("middle@x.example", {"soum", "school"}, {"school"}, id="an oversight, not for itself"),
        pytest.param(
            "below@x.example", {"school"}, set(), id="an oversight with nobody below it, for nobody"
        ),
        pytest.param(
            "alone@x.example", {"elsewhere"}, {"elsewhere"}, id="an oversight without a parent, itself"
        ),
        pytest.param("both@x.example", {"soum", "school", "other"}, set(), id="who stands in two, both"),
        pytest.param(
            "TODAY@x.Example", {"soum", "school"}, set(), id="both ends of a term count, case does not"
        ),
    ],
)
def test_rights_come_from_roles_and_parents(address: str, acts: set[str], waives: set[str]) -> None:
    assert rights_of(REGISTER, address, DAY) == Rights(frozenset(acts), frozenset(acts), frozenset(waives))


@pytest.mark.parametrize("address", ["was@x.example", "will-be@x.example", "stranger@x.example", ""])
def test_who_is_not_in_office_on_that_day_has_no_rights(address: str) -> None:
    assert rights_of(REGISTER, address, DAY) is NO_RIGHTS
