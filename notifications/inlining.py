"""Styles written into the HTML templates once, when they are loaded, and not into every mail."""

import re
from collections.abc import Callable

import css_inline
from jinja2 import BaseLoader, Environment

_TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PLACE = re.compile(r"<!--j(\d+)j-->|j(\d+)j")
_STYLE_SHEET, _DARK_SHEET = "style.css", "dark.css"
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


class InliningLoader(BaseLoader):
    """Loads templates from another loader and gives every element of an `.html` one its style.

    Mail programs on telephones ignore style sheets, and working the styles in costs more than rendering; done
    on the source, it costs nothing a mail. The rules for dark mode, which only a style sheet can give, stand in the
    head, behind what says how the page is encoded: programs look for that in its first 1024 bytes.
    """

    def __init__(self, source: BaseLoader) -> None:
        self._source = source

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """As the other loader's, with the styles in place."""
        source, path, uptodate = self._source.get_source(environment, template)
        if template.endswith(".html"):
            css, dark = (
                self._source.get_source(environment, name)[0] for name in (_STYLE_SHEET, _DARK_SHEET)
            )
            source = inline_source(source, css).replace("</head>", f"<style>\n{dark}</style>\n</head>")
        return source, path, uptodate


def inline_source(source: str, css: str) -> str:
    """The template source with styles inlined and every Jinja token as it was.

    The tokens are hidden from the HTML parser: as comments between tags (where a table would throw text out),
    as a word inside a tag or a title.
    """
    tokens: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tokens.append(match.group())
        word = f"j{len(tokens) - 1}j"
        before = source[: match.start()]
        outside = _TOKEN.sub("", before)
        in_tag = outside.rfind("<") > outside.rfind(">")
        in_title = outside.rfind("<title") > outside.rfind("</title")
        return word if in_tag or in_title else f"<!--{word}-->"

    hidden = _TOKEN.sub(hide, source)
    if "<html" in hidden:
        inlined = _inliner.inline(hidden.replace("</head>", f"<style>{css}</style></head>"))
    else:
        inlined = _inliner.inline_fragment(hidden, css)
    return _PLACE.sub(lambda match: tokens[int(match.group(1) or match.group(2))], inlined)
