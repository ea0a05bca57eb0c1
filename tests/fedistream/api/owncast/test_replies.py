"""What moderators do with lines from the fediverse, over HTTP; what becomes of the lines is tried with the talk."""

from fedistream.federation.models import RemoteNoteRow
from tests.kit import following
from tests.kit.faces import Faces

NOTE = "https://remote.example/notes/1"


async def test_it_is_written_down_which_moderator_blocked_whom(faces: Faces) -> None:
    await faces.settings.change("serverurl", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    ann = await following.remote_actor("ann")
    message_id = faces.chat.messages.next_id()
    await RemoteNoteRow.create(
        url=NOTE,
        channel_id=faces.channels.home().id,
        actor=ann.url,
        name="Ann",
        handle=ann.handle,
        link=NOTE,
        state="shown",
        html="<p>hi</p>",
        body="hi",
        message_id=message_id,
        at=faces.clock.now(),
    )
    mod, key = await faces.visitor("Mod", moderator=True)
    async with faces.client() as http:
        for body, status in (({"messageId": "none"}, 404), ({"messageId": message_id}, 200)):
            answer = await http.post(f"/api/chat/replies/block?accessToken={key}", json=body)
            assert answer.status_code == status
    newest, *_ = await faces.chat.moderation.actions()
    assert (newest.what, newest.actor, newest.target) == ("block author", mod.id, ann.handle)
    assert await faces.federation.followers.blocked_actors() == [ann.url]
