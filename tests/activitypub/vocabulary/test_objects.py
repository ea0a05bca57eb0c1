from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.vocabulary.objects import (
    MAX_ATTACHMENTS,
    MAX_TAGS,
    Attachment,
    Object,
    Tag,
    parse_object,
    write_object,
)
from tests.kit.actors import ANN
from tests.kit.examples import examples

WHEN = datetime(2026, 5, 1, 10, tzinfo=UTC)


def note(**members: Any) -> Json:
    return {"id": f"{ANN}/1", "type": "Note", "attributedTo": ANN, "content": "<p>x</p>"} | members


FULL = Object(
    "Note",
    f"{ANN}/1",
    (ANN,),
    content="<p>live</p>",
    summary="a warning",
    name="a title",
    language="en",
    url="https://remote.example/@ann/1",
    in_reply_to="https://node.example/1",
    quote="https://node.example/2",
    context="https://remote.example/contexts/1",
    published=WHEN,
    updated=WHEN.replace(hour=11),
    sensitive=True,
    to=("https://www.w3.org/ns/activitystreams#Public",),
    cc=(f"{ANN}/followers",),
    tags=(
        Tag("Hashtag", "#live", "https://remote.example/tags/live"),
        Tag("Emoji", ":x:", None, "https://remote.example/x.png"),
    ),
    attachments=(
        Attachment("https://remote.example/1.jpg", "Image", "image/jpeg", "a cat", 640, 480, "UBL_", (0.5, -1.0)),
    ),
    replies=f"{ANN}/1/replies",
    likes=f"{ANN}/1/likes",
    shares=f"{ANN}/1/shares",
    policy={"canQuote": {"automaticApproval": [ANN]}},
)


def test_what_is_written_is_read_back_the_same() -> None:
    assert parse_object(write_object(FULL)) == FULL
    bare = Object("Note", f"{ANN}/1", (ANN,))
    assert parse_object(write_object(bare)) == bare


def test_several_authors_survive_and_lists_stay_lists() -> None:
    two = Object("Video", f"{ANN}/1", (ANN, "https://remote.example/channels/ann"), tags=(Tag("Hashtag", "#a", None),))
    written = write_object(two)
    assert written["attributedTo"] == [ANN, "https://remote.example/channels/ann"]
    assert isinstance(written["tag"], list)
    assert written["attachment"] == []
    assert parse_object(written) == two


def test_what_is_absent_is_not_written() -> None:
    written = write_object(Object("Note", f"{ANN}/1", (ANN,)))
    assert set(written) == {"id", "type", "attributedTo", "sensitive", "to", "cc", "tag", "attachment"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (note(type="Person"), Reason.UNKNOWN_TYPE),
        (note(type=None), Reason.UNKNOWN_TYPE),
        (note(id=None), Reason.SHAPE),
        (note(id="x"), Reason.SHAPE),
        (note(attributedTo=[]), Reason.SHAPE),
        (note(attributedTo=5), Reason.SHAPE),
        (note(**{"@graph": []}), Reason.SHAPE),
    ],
)
def test_an_object_without_type_id_or_author_is_refused(document: Json, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        parse_object(document)
    assert caught.value.reason is reason


def test_a_tombstone_needs_no_author() -> None:
    assert parse_object({"id": ANN, "type": "Tombstone"}).attributed_to == ()


@pytest.mark.parametrize("member", ["quote", "quoteUri", "quoteUrl", "_misskey_quote"])
def test_a_quote_is_found_under_each_of_its_names(member: str) -> None:
    assert parse_object(note(**{member: "https://node.example/2"})).quote == "https://node.example/2"


@pytest.mark.parametrize(
    ("members", "content", "language"),
    [
        ({"content": "a", "contentMap": {"de": "b", "en": "a"}}, "a", "en"),
        ({"content": "a", "contentMap": {"de": "b"}}, "a", None),
        ({"content": None, "contentMap": {"de": "b", "en": "a"}}, "b", "de"),
        ({"content": None, "contentMap": {"de": 5}}, None, "de"),
        ({"content": "a", "contentMap": {str(number): "a" for number in range(65)}}, "a", None),
        ({"content": "a", "contentMap": "a"}, "a", None),
        ({"content": 5}, None, None),
    ],
)
def test_content_comes_alone_or_by_language(members: Json, content: str | None, language: str | None) -> None:
    read = parse_object(note(**members))
    assert (read.content, read.language) == (content, language)


def test_tags_and_attachments_of_other_kinds_are_left_out_and_their_number_is_limited() -> None:
    read = parse_object(
        note(
            tag=[5, {"type": "Place", "name": "x"}, {"type": "Hashtag"}, {"type": "Mention", "href": ANN}],
            attachment=[
                5,
                {"type": "Image"},
                {"type": "Link", "href": ANN},
                {"url": ANN, "focalPoint": [2, "x"], "width": -1},
            ],
        )
    )
    assert read.tags == (Tag("Mention", "", ANN),)
    assert read.attachments == (Attachment(ANN, "Link"), Attachment(ANN, "Document"))
    many = note(tag=[{"type": "Hashtag", "name": "x"}] * 1000, attachment=[{"url": ANN}] * 1000)
    assert len(parse_object(many).tags) == MAX_TAGS
    assert len(parse_object(many).attachments) == MAX_ATTACHMENTS


@pytest.mark.parametrize("point", [None, [], [0.1], [0, 0, 0], [True, 0], ["0", 0], [0, 1.1], {"x": 0}])
def test_a_focal_point_is_two_numbers_from_minus_one_to_one(point: Any) -> None:
    assert parse_object(note(attachment={"url": ANN, "focalPoint": point})).attachments[0].focal_point is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(ANN),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "url", "href", "name"]), inner)
    ),
    max_leaves=6,
)


@examples(200)
@given(st.dictionaries(st.sampled_from(sorted(write_object(FULL))), anything))
def test_any_member_of_any_kind_is_read_or_refused(members: Json) -> None:
    try:
        read = parse_object(note(**members))
    except Refused:
        return
    assert parse_object(write_object(read)).id == read.id
