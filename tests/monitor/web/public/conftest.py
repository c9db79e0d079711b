"""The page of an aimag, with people who sign in."""

from tests.monitor.signing_in.conftest import begun, no_waiting, office

__all__ = ["begun", "no_waiting", "office"]
