"""The made-up pack: a rule of each form that the packs know, and how the law sets it otherwise."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

FORMS = {
    "approved": ('{ yearly = "01-10" }', ""),
    "rolled": ('{ yearly = "06-08" }', 'roll = "following"'),
    "early": ('{ yearly = ["03-31", "09-28"] }', 'roll = "preceding"'),
    "counted": ('{ after_period = "quarter", within = "12 working days" }', ""),
    "monthly": ('{ after_period = "month", day = 8 }', ""),
    "later": ('{ after_due = "p.approved", within = "14 days" }', ""),
    "plan": ('{ yearly = "05-20" }', 'extendable = "30 days"'),
    "shown": ('{ yearly = "03-15" }', 'keep_posted = "30 days"'),
    "amendment": ('{ of = "amendment", within = "14 working days" }', ""),
    "complaint": ('{ of = "complaint", within = "30 days" }', 'extendable = "1 month"'),
    "letter": ('{ of = "letter", within = "stated" }', ""),
    "notice": ('{ of = "meeting", before = "5 working days" }', ""),
    "vacancy": ('{ of = "vacancy", within = "promptly" }', ""),
    "draft": ('{ of = "draft" }', 'keep_posted = "10 days"'),
}
OTHERWISE = {
    "approved": '{ yearly = "01-20" }',
    "rolled": '{ yearly = "05-31" }',
    "counted": '{ after_period = "quarter", within = "9 working days" }',
    "monthly": '{ after_period = "month", day = 12 }',
    "later": '{ after_due = "p.approved", within = "20 days" }',
    "plan": '{ yearly = "06-02" }',
    "amendment": '{ of = "amendment", within = "10 working days" }',
    "complaint": '{ of = "complaint", within = "45 days" }',
    "notice": '{ of = "meeting", before = "3 working days" }',
}
"""How the law sets the same after it was changed, or corrected."""


def pack_of(forms: Sequence[str], changed_from: Mapping[str, date]) -> str:
    """The rules of those forms as TOML, some of them otherwise from a day on; from `date.min`: they always were."""
    head = 'pack = "p"\nversion = "1"\nreviewed = 2026-11-23\njurisdiction = "MN"\ntitle = { mn = "п", en = "p" }\n'
    return head + "".join(
        _rule(name, place, *version)
        for place, name in enumerate(FORMS)
        if name in forms
        for version in _versions(name, changed_from.get(name))
    )


def _versions(name: str, changed_from: date | None) -> list[tuple[str, str, bool]]:
    """Its deadline, what else is said of it, and whether it is otherwise than at first."""
    form, more = FORMS[name]
    if changed_from is None:
        return [(form, more, False)]
    otherwise = OTHERWISE[name]
    if changed_from == date.min:
        return [(otherwise, more, True)]
    return [
        (form, f"{more}\nin_force = {{ until = {changed_from - timedelta(days=1)} }}", False),
        (otherwise, f"{more}\nin_force = {{ from = {changed_from} }}", True),
    ]


def _rule(name: str, place: int, form: str, more: str, is_changed: bool) -> str:
    roles = (["finance", "web"], ["legal"], ["web", "legal"])[(place + is_changed) % 3]
    return f"""
[[rule]]
id = "{name}"
title = {{ mn = "журам", en = "rule" }}
applies_to = ["soum", "aimag"]
channels = {json.dumps(["website", "noticeboard"] if (place + is_changed) % 3 else ["website"])}
responsible = {json.dumps(roles)}
deadline = {form}
basis = {{ source = "A law", item = "1.2", words = "within the limit" }}
confidence = "primary"
{more}
"""
