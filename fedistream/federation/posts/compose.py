"""Composing a Note: Markdown becomes HTML that other servers show, with hashtags and mentions. Pure.

Handles are looked up elsewhere (`fetching.py`): a mention is linked only if it is passed in.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from activitypub.addressing import PUBLIC, Visibility, audience
from activitypub.urls import BadUrl, from_iri, is_url
from activitypub.vocabulary.compose import quote_policy
from activitypub.vocabulary.objects import Attachment, Object, Tag
from activitypub.webfinger import BadHandle, Handle, parse_handle
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.core.markdown import POST, marks
from fedistream.core.plain_text import visible
from fedistream.federation.posts.values import Draft, Mention, Picture
from fedistream.federation.values import FederationProblem

MAX_TEXT = POST.longest  # characters; readers of a timeline read no more
MAX_MARKS = 1000  # marks; each takes up to 20 us to render, and no text needs more
MAX_HTML = 200_000  # characters; what we accept from others
MAX_SUMMARY = 500
MAX_ALT = 1500  # characters; other servers cut there
MAX_PICTURES = 4  # as others show
MAX_HASHTAGS = 30  # more stay plain text: servers refuse posts with hundreds
MAX_MENTIONS = 10  # each needs a look-up and a delivery
MAX_LINKS = 100

READABLE = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
"""A post of one of these visibilities is served to every reader."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a post's text: its author, its URLs and its visibility. `tag_page` returns the URL of a hashtag."""

    url: str
    actor: str
    shown: Visibility
    sensitive: bool
    published: datetime
    tag_page: Callable[[str], str]
    updated: datetime | None = None
    quotable: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """The HTML of a post. `hashtags` are without the #, each once, in order."""

    html: str
    hashtags: tuple[str, ...]


def check(draft: Draft) -> Draft:
    """Return the draft without characters that cannot be stored. Raises Invalid."""
    text, summary = visible(draft.text).strip(), visible(draft.summary).strip()
    if not text or len(text) > MAX_TEXT:
        raise Invalid("value", FederationProblem.POST_LENGTH, most=MAX_TEXT)
    if marks(text) > MAX_MARKS:
        raise Invalid("value", FederationProblem.POST_MARKS, most=MAX_MARKS)
    if len(summary) > MAX_SUMMARY:
        raise Invalid("summary", ValueProblem.TOO_LONG, most=MAX_SUMMARY)
    if len(draft.pictures) > MAX_PICTURES:
        raise Invalid("pictures", FederationProblem.POST_PICTURES, most=MAX_PICTURES)
    if draft.in_reply_to is not None and not is_url(draft.in_reply_to):
        raise Invalid("in_reply_to", FederationProblem.POST_URL)
    return replace(draft, text=text, summary=summary, mentions=tuple(dict.fromkeys(draft.mentions)))


def note(draft: Draft, frame: Frame) -> Object:
    """Return the Note of a draft. Raises Invalid."""
    draft = check(draft)
    written = write(draft, frame.tag_page)
    if not 0 < len(written.html) <= MAX_HTML:
        raise Invalid("value", FederationProblem.POST_FORMATTED)
    people = [each.actor for each in draft.mentions]
    to, cc = audience(frame.shown, f"{frame.actor}/followers", people)
    mentions = tuple(Tag("Mention", f"@{each.handle}", each.actor) for each in draft.mentions)
    hashtags = tuple(Tag("Hashtag", f"#{tag}", frame.tag_page(tag)) for tag in written.hashtags)
    return Object(
        "Note",
        frame.url,
        (frame.actor,),
        content=written.html,
        summary=draft.summary or None,
        language=draft.language or None,
        url=draft.page or frame.url,
        in_reply_to=draft.in_reply_to,
        published=frame.published,
        updated=frame.updated,
        # some servers hide a post with a summary, others read this member
        sensitive=frame.sensitive or bool(draft.summary),
        to=to,
        cc=cc,
        tags=(*mentions, *hashtags),
        attachments=tuple(_attachment(each) for each in draft.pictures),
        replies=f"{frame.url}/replies",
        policy=quote_policy([PUBLIC] if frame.quotable and frame.shown in READABLE else [frame.actor]),
    )


def write(draft: Draft, tag_page: Callable[[str], str]) -> Written:
    """Return the text as sanitised HTML, with its hashtags and the draft's hashtags below it."""
    known = {each.handle.lower(): each for each in draft.mentions}
    linker = _Linker(tag_page, lambda handle: known.get(f"{handle.user}@{handle.host}".lower()))
    html = _render(visible(draft.text), linker)
    below = [link for tag in draft.hashtags if (name := hashtag(tag)) and (link := linker.hashtag(name, again=False))]
    if below:
        html += f"<p>{' '.join(below)}</p>"
    return Written(POST.clean(html), tuple(linker.hashtags.values()))


def handles(markdown: str) -> tuple[Handle, ...]:
    """Return the handles in the text (@user@host), at most MAX_MENTIONS, for a look-up."""
    found: dict[str, Handle] = {}
    if marks(markdown[:MAX_TEXT]) > MAX_MARKS:
        return ()  # too long for a post, see `check`

    def collect(handle: Handle) -> None:
        if len(found) < MAX_MENTIONS:
            found.setdefault(str(handle).lower(), handle)

    _render(markdown, _Linker(lambda tag: "", collect))
    return tuple(found.values())


def hashtag(text: str) -> str:
    """Return a tag in the form of fediverse servers, without the #: "just chatting" becomes JustChatting. "" when there
    is none in the text; a number alone is none."""
    words = re.findall(r"\w+", text)
    found = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return found[:100] if re.search(r"[^\W\d_]", found[:100]) else ""


def clean(html: str) -> str:
    """Reduce our own HTML to the elements that a post may have."""
    return POST.clean(visible(html))


class _Linker:
    """Makes links of hashtags, mentions and addresses in the text, up to their limits."""

    def __init__(self, tag_page: Callable[[str], str], find: Callable[[Handle], Mention | None]) -> None:
        self._tag_page, self._find = tag_page, find
        self.hashtags: dict[str, str] = {}
        self._links = 0

    def hashtag(self, tag: str, *, again: bool = True) -> str:
        """Return the link, or "" when there are too many, or when it exists already and `again` is false."""
        known = tag.casefold() in self.hashtags
        if (known and not again) or (not known and len(self.hashtags) >= MAX_HASHTAGS):
            return ""
        self.hashtags.setdefault(tag.casefold(), tag)
        # clients open links with these classes in their own timeline, not on our page
        return f'<a href="{escape(self._tag_page(tag))}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'

    def word(self, found: re.Match[str]) -> str:
        """Return the HTML of a hashtag, mention or address, or "" to keep the text."""
        if found["tag"]:
            return self.hashtag(found["tag"]) if hashtag(found["tag"]) == found["tag"] else ""
        if found["handle"]:
            return self._mention(found["handle"])
        return self._address(found["url"])

    def _mention(self, text: str) -> str:
        try:
            who = self._find(parse_handle(text))
        except BadHandle:
            return ""
        if who is None:
            return ""
        user = escape(who.handle.partition("@")[0])
        link = f'<a href="{escape(who.actor)}" class="u-url mention">@<span>{user}</span></a>'
        return f'<span class="h-card">{link}</span>'

    def _address(self, url: str) -> str:
        self._links += 1
        try:
            href = from_iri(url)
        except BadUrl:
            return ""
        if self._links > MAX_LINKS or not is_url(href):
            return ""
        return f'<a href="{escape(href)}" {_ELSEWHERE}>{escape(url)}</a>'


_LINK_REL = "nofollow noopener noreferrer"
_ELSEWHERE = f'rel="{_LINK_REL}" target="_blank"'
# Chinese and Japanese characters: where words are not separated by spaces, an address ends before the next of them.
_EAST = "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef"
_IN_URL = rf"\s<>\"'`{_EAST}"
# an address ends before the punctuation of the sentence around it
_WORD = re.compile(
    rf"(?P<url>https?://(?:[^\s<>\"'`/.]{{1,63}}\.)*(?:[^\s<>\"'`/.:]{{1,63}}(?=[/:]))?[^{_IN_URL}]{{0,2000}}[^{_IN_URL}.,;:!?*_~)\]}}])"
    r"|(?<![\w/&@])(?P<handle>@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?@[^\W_](?:[\w.-]{0,251}[^\W_])?(?::\d{1,5})?)"
    r"|(?<![\w/&#])\#(?P<tag>\w{1,100})(?!\w)"
)


def _link_words(state: StateCore) -> None:
    linker: _Linker = state.env["linker"]
    for token in state.tokens:
        if token.children:
            token.children = list(_linked(token.children, linker))


def _linked(tokens: Iterable[Token], linker: _Linker) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            depth += 1
            token.attrs |= {"rel": _LINK_REL, "target": "_blank"}
        elif token.type == "link_close":
            depth -= 1
        if token.type == "image":
            # other servers show no images within a text
            yield from _picture_link(token)
        elif token.type == "text" and not depth:
            yield from _words(token.content, linker)
        else:
            yield token


def _picture_link(token: Token) -> Iterator[Token]:
    source = str(token.attrs.get("src", ""))
    attributes: Mapping[str, str | int | float] = {"href": source, "rel": _LINK_REL, "target": "_blank"}
    yield Token("link_open", "a", 1, attrs=dict(attributes))
    yield Token("text", "", 0, content=token.content or source)
    yield Token("link_close", "a", -1)


def _words(text: str, linker: _Linker) -> Iterator[Token]:
    end = 0
    for found in _WORD.finditer(text):
        html = linker.word(found)
        if html:
            yield Token("text", "", 0, content=text[end : found.start()])
            yield Token("html_inline", "", 0, content=html)
            end = found.end()
    yield Token("text", "", 0, content=text[end:])


# before what is written as \# and \@ is joined with the text around it
POST.parser.core.ruler.before("text_join", "words", _link_words)


def _render(markdown: str, linker: _Linker) -> str:
    return str(POST.parser.render(markdown[:MAX_TEXT], {"linker": linker}))


def _attachment(picture: Picture) -> Attachment:
    return Attachment(
        picture.url,
        "Image",
        picture.media_type,
        visible(picture.alt)[:MAX_ALT] or None,
        picture.width,
        picture.height,
        picture.blurhash,
        picture.focal_point,
    )
