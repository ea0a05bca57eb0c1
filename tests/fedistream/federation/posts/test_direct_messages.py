"""People elsewhere who are written to: found by their handles, over TLS, and told in time or never."""

from pathlib import Path

import pytest

from activitypub.network.guard import Guard
from fedistream.db import Database
from fedistream.federation.values import Off
from fedistream.jobs.models import OutboxRow
from tests.kit.federated import federated
from tests.kit.fediverse import peer
from tests.kit.invalid import invalid
from tests.kit.remote import client_for, make_certificate


async def test_an_account_is_found_by_its_handle_and_gets_the_message(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with (
        client_for() as nowhere,
        peer(nowhere, lambda: 0.0, tls=context) as bob,
        federated(Guard(frozenset({bob.server.authority}))) as node,
    ):
        people = node.feature.direct_messages
        found = await people.find(f"@{bob.handle}")
        assert (found.actor, found.handle, found.inbox) == (bob.id, bob.handle, f"{bob.id}/inbox")
        await people.write(found, "<p>Hello</p>", 600)
        (row,) = await OutboxRow.all()
        assert row.target == found.inbox
        assert row.expires_at == pytest.approx(node.clock.unix() + 600, abs=60)
        assert (await node.sent())[0][1]["object"]["content"] == "<p>Hello</p>"

        for account, words in (
            ("bob", "must be like"),
            ("bob@node.example", "of this server itself"),
            (f"nobody@{bob.server.authority}", "was not found"),
        ):
            with invalid(words):
                await people.find(account)
        await node.settings.change("federation.blocked_domains", ["127.0.0.1"])
        node.feature.federation.on_setting_changed(node.facts.emitted[-1])  # type: ignore[arg-type]
        with invalid("was not found"):
            await people.find(bob.handle)


async def test_without_federation_nobody_is_looked_for(database: Database) -> None:
    async with federated() as node:
        await node.settings.change("federation.enabled", False)
        with pytest.raises(Off):
            await node.feature.direct_messages.find("bob@b.example")
