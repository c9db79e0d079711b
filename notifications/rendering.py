"""Letters made into subjects, texts and HTML pages."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from notifications.inlining import InliningLoader
from notifications.layout import lay_out
from notifications.letters import Letter
from notifications.messages import Kind
from notifications.phrases import Catalog, Fact, Phrases
from notifications.shortening import shorten
from notifications.subjects import subject
from notifications.summaries import summarise

_BLANK_LINES = re.compile(r"\n{3,}")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_BEFORE_PART = re.compile(r" (?=--|[^ /]+/)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a letter has become; the text and the HTML say the same."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders letters in the languages of `catalogs`; the templates of each are made ready once, here."""

    def __init__(self, catalogs: Mapping[str, Catalog]) -> None:
        self._voices = {language: _Voice(language, catalog) for language, catalog in catalogs.items()}

    def render(self, letter: Letter) -> Rendered:
        """Raises `KeyError` for a language that it was not given."""
        return self._voices[letter.language].render(letter)

    def shorten(self, letter: Letter) -> str:
        """The letter in a few lines, for services that tell it besides the mail; raises `KeyError` likewise."""
        return self._voices[letter.language].shorten(letter)


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Those of now, which never change: a chain of maps, as Jinja makes it, is copied slowly for each letter."""
        return {**self.globals, **(d or {})}


class _Voice:
    def __init__(self, language: str, catalog: Catalog) -> None:
        environment = _Environment(
            loader=InliningLoader(PackageLoader("notifications")),
            extensions=["jinja2.ext.i18n"],
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]  # by i18n
        environment.policies["ext.i18n.trimmed"] = True
        environment.filters |= {"whole_dates": _whole_dates, "parts": _BEFORE_PART.split}
        environment.filters["on_page"] = _rendered_once(environment.get_template("fact.html"))
        self._catalog = catalog
        self._phrases = Phrases(language, catalog)
        self._texts = {kind: environment.get_template(f"{kind}.txt") for kind in Kind}
        self._pages = {kind: environment.get_template(f"{kind}.html") for kind in Kind}

    def shorten(self, letter: Letter) -> str:
        return shorten(letter, self._phrases)

    def render(self, letter: Letter) -> Rendered:
        said = subject(letter, self._catalog)
        values = {
            "letter": letter,
            "layout": lay_out(letter, self._phrases),
            "summary": summarise(letter.summary, self._catalog),
            "say": self._phrases,
            "subject": said,
        }
        return Rendered(
            subject=said,
            text=_BLANK_LINES.sub("\n\n", self._texts[letter.kind].render(values)),
            html=self._pages[letter.kind].render(values),
        )


def _rendered_once(template: Template) -> Callable[[Fact], Markup]:
    """A fact such as the words of the law is the same in many letters."""

    @lru_cache(maxsize=4096)
    def render(fact: Fact) -> Markup:
        return Markup(template.render(fact=fact).rstrip())  # noqa: S704 -- a page's template escapes

    return render


def _whole_dates(line: str) -> Markup:
    """The line for a page, with dates such as 2024-01-10 kept whole at the end of a narrow line."""
    return Markup(_DATE.sub(r'<span style="white-space: nowrap">\g<0></span>', str(escape(line))))  # noqa: S704 -- escaped
