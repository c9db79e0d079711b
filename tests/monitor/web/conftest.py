"""The page of an aimag, with people who sign in."""

from tests.monitor.signing_in.conftest import no_waiting, office

__all__ = ["no_waiting", "office"]
