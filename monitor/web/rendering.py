"""Templates made into pages; those of each language are made ready once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.speech import speech
from monitor.web.assets import ASSETS
from monitor.web.words import SIGNS, filters


def rendered(language: str, template: str, values: Mapping[str, Any]) -> str:
    """The template in that language."""
    return _environment(language).get_template(template).render(values)


@lru_cache(maxsize=2)
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(["html", "svg"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    voice = speech(language)
    environment.install_gettext_translations(voice, newstyle=True)  # type: ignore[attr-defined]  # by i18n
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters |= filters(voice)
    environment.globals["signs"] = SIGNS
    environment.globals["assets"] = {name: asset.path for name, asset in ASSETS.items()}
    return environment
