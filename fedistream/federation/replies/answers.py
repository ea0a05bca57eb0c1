"""What a channel answers: a post like others, to the author of what is answered and to the followers, and a line in the
chat. Both come into being in one transaction, or neither does."""

from fedistream.core.errors import Invalid, NotFound, Refusal, TooMany
from fedistream.core.ports import Channel
from fedistream.federation.models import RemoteActorRow
from fedistream.federation.posts.compose import check
from fedistream.federation.posts.service import Posts
from fedistream.federation.posts.values import Draft, Mention, Post
from fedistream.federation.replies.chat_port import ChatPort
from fedistream.federation.values import Reply, ReplyState

MAX_TEXT = 1000  # characters: it stands in the chat too


class Answers:
    def __init__(self, posts: Posts, room: ChatPort) -> None:
        self._posts, self._room = posts, room

    async def give(self, channel: Channel, said: Reply, markdown: str, by: str) -> Post:
        """Raises NotFound when its author is gone, Invalid, TooMany, Off."""
        author = await RemoteActorRow.get_or_none(url=said.actor)
        if author is None:
            raise NotFound("its author is gone")
        text = markdown.strip()
        if not 0 < len(text) <= MAX_TEXT:
            raise Invalid("body", f"must have 1 to {MAX_TEXT} characters")
        # the name in the text tells readers who is meant, and the mention their servers
        draft = check(
            Draft(
                f"@{author.handle} {text}",
                in_reply_to=said.note,
                mentions=(Mention(author.url, author.handle, author.inbox, author.shared_inbox),),
            )
        )
        draft = await self._posts.look_up(draft)
        if said.message_id is None or said.state is not ReplyState.SHOWN or not self._room.is_on(channel.id):
            return await self._posts.publish(channel, draft)
        return await self._with_a_line(channel, said, text, draft, by)

    async def _with_a_line(self, channel: Channel, said: Reply, text: str, draft: Draft, by: str) -> Post:
        posts: list[Post] = []
        whys: list[Refusal] = []

        async def publish(message_id: str) -> None:
            # a second time, if another line of the same batch failed and took this one along
            try:
                posts.append(await self._posts.publish(channel, draft))
            except Refusal as why:
                whys.append(why)
                raise

        try:
            await self._room.answer(said, text, by, publish)
        except TooMany as unwritten:
            raise (whys[-1] if whys else unwritten) from None
        return posts[-1]
