"""Obligations."""

from monitor.core.obligations import key_of


def test_the_key_names_organisation_rule_and_occurrence() -> None:
    assert key_of("sergelen", "budget.approved", "2024") == "sergelen/budget.approved/2024"
