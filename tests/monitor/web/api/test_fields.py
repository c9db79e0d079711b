"""What the document says of a text, and what is taken as one, are the same."""

import re
import sys
from unicodedata import category

import pytest

from monitor.web.api.fields import NOTE, TEXT, Kind

SPACES = " \t\n\r\u00a0\u2003\ufeff"


def is_promised(kind: Kind, text: str) -> bool:
    patterns = [kind.schema["pattern"], *(each["pattern"] for each in kind.schema.get("allOf", ()))]
    return all(re.search(each, text) for each in patterns)


def is_taken(kind: Kind, text: str) -> bool:
    try:
        kind.parse(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", [TEXT, NOTE], ids=["text", "note"])
def test_each_character_is_taken_where_the_document_promises_it(kind: Kind) -> None:
    characters = [chr(each) for each in range(sys.maxunicode + 1) if category(chr(each)) != "Cs"]
    for text in (*characters, *(f"a{each}" for each in characters), SPACES, ""):
        assert is_taken(kind, text) == is_promised(kind, text), ascii(text)


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x85", "\x9b"])
def test_no_control_character_is_taken(character: str) -> None:
    assert not is_taken(NOTE, f"a{character}")
    assert not is_taken(TEXT, f"a{character}")


@pytest.mark.parametrize("text", ["", *SPACES, SPACES])
def test_a_text_is_not_empty(text: str) -> None:
    assert not is_taken(TEXT, text)
    assert is_taken(NOTE, text)
