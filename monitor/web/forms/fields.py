"""The fields of a form: how each is shown, and how what was sent in it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import FormData

from monitor.days import written_day
from monitor.state import Refused
from rules.limits import Limit
from rules.sentences import Sentence, sentence

LONGEST_TEXT = 2000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is recorded, about what, and where one is when it is done or given up."""

    title: Sentence
    about: str
    back: str
    fields: Sequence["Field"]
    button: Sentence
    intro: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for. `kind` is `date`, `text`, `long`, `url`, `choice`, `photo` or `file`."""

    name: str
    kind: str
    label: Sentence
    hint: Sentence | None = None
    needed: bool = True
    value: str = ""
    first: date | None = None
    last: date | None = None
    choices: Sequence[tuple[str, str]] = ()


def text_in(sent: FormData, field: Field) -> str:
    """What was written; raises `Refused` where it is needed and missing, or too long."""
    written = sent.get(field.name)
    text = written.strip() if isinstance(written, str) else ""
    if field.needed and not text:
        raise Refused(sentence("{field}: say it, it is needed", field=field.label))
    if len(text) > LONGEST_TEXT:
        raise Refused(sentence("{field}: at most {n} characters", field=field.label, n=LONGEST_TEXT))
    return text


def day_in_form(sent: FormData, field: Field) -> date | None:
    """The day that was written; None where none was and none is needed."""
    text = text_in(sent, field)
    try:
        return written_day(text) if text else None
    except ValueError:
        raise Refused(
            sentence("{field}: {text} is not a day; one looks like 2024-02-21", field=field.label, text=text)
        ) from None


def needed_day(sent: FormData, field: Field) -> date:
    """The day that was written."""
    day = day_in_form(sent, field)
    assert day is not None  # noqa: S101 -- a field that is needed is not empty
    return day


def limit_in(sent: FormData, field: Field) -> Limit | None:
    """The limit that was written, as the command line reads it; None where none was and none is needed."""
    text = text_in(sent, field)
    try:
        return Limit.parse(text) if text else None
    except ValueError:
        raise Refused(
            sentence(
                "{field}: {text} is not a limit; one looks like {example}",
                field=field.label,
                text=text,
                example="30 days, 5 working days, 1 month",
            )
        ) from None


def as_sent(fields: Sequence[Field], sent: FormData) -> Mapping[str, str]:
    """What was sent in each field, to be shown again."""
    return {
        field.name: value[:LONGEST_TEXT] for field in fields if isinstance(value := sent.get(field.name), str)
    }
