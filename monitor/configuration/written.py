"""What config.toml says of itself as it stands there, for what cannot wait for the whole to be read and checked."""

import tomllib
from collections.abc import Mapping


def written_monitor(config: str) -> Mapping[str, object] | None:
    """The section `[monitor]` of that file, unchecked; None where there is no such file, or it is not TOML.

    Whoever needs to know why reads it whole: `monitor.configuration.loading` names every fault.
    """
    try:
        with open(config, "rb") as file:  # noqa: PTH123 -- pathlib is slower to import than TOML
            section = tomllib.loads(file.read().decode("utf-8-sig")).get("monitor", {})
    except (OSError, ValueError, RecursionError):
        return None
    return section if isinstance(section, dict) else None
