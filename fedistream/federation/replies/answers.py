"""A channel's answers: each is a post to the author of the reply and to the followers, and a chat message. Both are
stored in one transaction, or neither is."""

from fedistream.core.errors import Invalid, NotFound, Refusal, TooMany
from fedistream.core.ports import Channel
from fedistream.federation.models import RemoteActorRow
from fedistream.federation.posts.compose import check
from fedistream.federation.posts.service import Posts
from fedistream.federation.posts.values import Draft, Mention, Post
from fedistream.federation.replies.chat_port import ChatPort
from fedistream.federation.values import FederationProblem, Reply, ReplyState

MAX_TEXT = 1000  # characters: it is a chat message too


class Answers:
    def __init__(self, posts: Posts, chat: ChatPort) -> None:
        self._posts, self._chat = posts, chat

    async def give(self, channel: Channel, said: Reply, markdown: str, by: str) -> Post:
        """Answer a reply. Raises NotFound when its author is gone, Invalid, TooMany, Off."""
        author = await RemoteActorRow.get_or_none(url=said.actor)
        if author is None:
            raise NotFound(FederationProblem.AUTHOR_GONE)
        text = markdown.strip()
        if not 0 < len(text) <= MAX_TEXT:
            raise Invalid("body", FederationProblem.POST_LENGTH, most=MAX_TEXT)
        # the name in the text is for readers, the mention is for their servers
        draft = check(
            Draft(
                f"@{author.handle} {text}",
                in_reply_to=said.note,
                mentions=(Mention(author.url, author.handle, author.inbox, author.shared_inbox),),
            )
        )
        draft = await self._posts.look_up(draft)
        if said.message_id is None or said.state is not ReplyState.SHOWN or not self._chat.is_on(channel.id):
            return await self._posts.publish(channel, draft)
        return await self._publish_with_message(channel, said, text, draft, by)

    async def _publish_with_message(self, channel: Channel, said: Reply, text: str, draft: Draft, by: str) -> Post:
        posts: list[Post] = []
        whys: list[Refusal] = []

        async def publish(message_id: str) -> None:
            # this may run twice, when another message of the same batch failed and rolled this one back
            try:
                posts.append(await self._posts.publish(channel, draft))
            except Refusal as why:
                whys.append(why)
                raise

        try:
            await self._chat.answer(said, text, by, publish)
        except TooMany as unwritten:
            raise (whys[-1] if whys else unwritten) from None
        return posts[-1]
