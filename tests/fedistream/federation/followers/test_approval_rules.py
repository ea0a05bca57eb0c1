"""Approval rules: each rule alone, their order, and no rule at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.federation.followers.approval_rules import Asker, Reason, Rules, reason_to_hold

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OLD = Asker("Person", NOW - timedelta(days=1000), trusted=False, neighbour=False)
YOUNG = replace(OLD, published=NOW - timedelta(days=6))
BOT = replace(OLD, type="Service")


def test_without_rules_nobody_waits() -> None:
    assert not Rules().any
    assert [reason_to_hold(Rules(), each, NOW) for each in (OLD, YOUNG, BOT)] == [None] * 3


@pytest.mark.parametrize(
    ("rules", "asker", "reason"),
    [
        (Rules(private=True), replace(OLD, trusted=True, neighbour=True), Reason.PRIVATE),
        (Rules(unknown_servers=True), OLD, Reason.UNKNOWN_SERVER),
        (Rules(unknown_servers=True), replace(OLD, neighbour=True), None),
        (Rules(unknown_servers=True), replace(OLD, trusted=True), None),
        (Rules(younger_days=7), YOUNG, Reason.YOUNG),
        (Rules(younger_days=6), YOUNG, None),
        (Rules(younger_days=7), replace(YOUNG, neighbour=True), Reason.YOUNG),
        (Rules(younger_days=7), replace(YOUNG, trusted=True), None),
        (Rules(younger_days=7), replace(OLD, published=None), Reason.YOUNG),
        (Rules(automated=True), BOT, Reason.AUTOMATED),
        (Rules(automated=True), replace(BOT, type="Application"), Reason.AUTOMATED),
        (Rules(automated=True), replace(BOT, trusted=True), None),
        (Rules(automated=True), OLD, None),
        (Rules(automated=True, younger_days=7, unknown_servers=True), replace(YOUNG, type="Service"), Reason.AUTOMATED),
    ],
)
def test_each_rule_holds_the_accounts_it_is_for(rules: Rules, asker: Asker, reason: Reason | None) -> None:
    assert rules.any
    assert reason_to_hold(rules, asker, NOW) == reason
