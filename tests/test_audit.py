"""`make audit` finds what it looks for."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "packaging" / "audit.py"


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "AKIA" + "A" * 16,
        "ghp_" + "a" * 36,
        "123456789:AA" + "x" * 33,
        "postgresql+psycopg://iltod:" + "hunter22@db.office.mn/iltod",
    ],
)
def test_a_secret_in_a_file_is_found(audit, secret):
    assert any(form.search(secret.encode()) for form in audit.SECRETS.values())


def test_no_tracked_file_holds_a_secret_and_every_licence_is_allowed(audit):
    assert audit.secrets()
    assert audit.licences()


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "AGPL-3.0", "Proprietary", ""])
def test_a_licence_that_is_not_allowed_is_told_apart(audit, licence):
    assert not audit.ALLOWED.search(licence)
