"""Moderators' calls about replies from the fediverse, over HTTP. The service's tests are with the service."""

import pytest

from fedistream.chat.models import ModerationActionRow
from fedistream.federation.models import RemoteActorRow, RemoteNoteRow
from tests.kit import following
from tests.kit.faces import Faces

NOTE = "https://remote.example/notes/1"
BLOCK = "/api/chat/replies/block"


@pytest.fixture
async def ann(faces: Faces) -> RemoteActorRow:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    return await following.remote_actor("ann")


async def line_of(faces: Faces, author: RemoteActorRow) -> str:
    """The id of a message."""
    message_id = faces.chat.messages.next_id()
    await RemoteNoteRow.create(
        url=NOTE,
        channel_id=faces.channels.home().id,
        actor=author.url,
        name="Ann",
        handle=author.handle,
        link=NOTE,
        state="shown",
        html="<p>hi</p>",
        body="hi",
        message_id=message_id,
        at=faces.clock.now(),
    )
    return message_id


async def test_it_is_written_down_which_moderator_blocked_whom(faces: Faces, ann: RemoteActorRow) -> None:
    message_id = await line_of(faces, ann)
    mod, key = await faces.visitor("Mod", moderator=True)
    async with faces.client() as http:
        for body, status in (({"messageId": "none"}, 404), ({"messageId": message_id}, 200)):
            answer = await http.post(f"{BLOCK}?accessToken={key}", json=body)
            assert answer.status_code == status
    newest, *_ = await faces.chat.moderation.actions()
    assert (newest.what, newest.actor, newest.target) == ("block author", mod.id, ann.handle)
    assert await faces.federation.followers.blocked_actors() == [ann.url]


async def test_nobody_is_blocked_without_its_being_written_down(faces: Faces, ann: RemoteActorRow) -> None:
    message_id = await line_of(faces, ann)
    _, key = await faces.visitor("Mod", moderator=True)
    await ModerationActionRow._meta.db.execute_query("DROP TABLE moderation_action")
    async with faces.client() as http:
        answer = await http.post(f"{BLOCK}?accessToken={key}", json={"messageId": message_id})
    assert answer.status_code == 500
    assert await faces.federation.followers.blocked_actors() == []
    assert [row.state for row in await RemoteNoteRow.all()] == ["shown"]
