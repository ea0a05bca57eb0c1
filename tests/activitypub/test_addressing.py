import pytest

from activitypub.addressing import (
    PUBLIC,
    PUBLIC_FORMS,
    Recipient,
    Visibility,
    audience,
    inboxes,
    is_addressed,
    visibility,
)

FOLLOWERS = "https://a.example/ann/followers"
BOB = "https://b.example/bob"


@pytest.mark.parametrize("public", sorted(PUBLIC_FORMS))
def test_each_spelling_of_public_counts(public: str) -> None:
    assert visibility([public], [FOLLOWERS], FOLLOWERS) is Visibility.PUBLIC
    assert visibility([FOLLOWERS], [public], FOLLOWERS) is Visibility.UNLISTED


@pytest.mark.parametrize(
    ("to", "cc", "followers", "expected"),
    [
        ([FOLLOWERS], [], FOLLOWERS, Visibility.FOLLOWERS),
        ([BOB], [FOLLOWERS], FOLLOWERS, Visibility.FOLLOWERS),
        ([FOLLOWERS], [], None, Visibility.DIRECT),
        (["https://a.example/eve/followers"], [], FOLLOWERS, Visibility.DIRECT),
        ([BOB], [], FOLLOWERS, Visibility.DIRECT),
        ([], [], FOLLOWERS, Visibility.DIRECT),
    ],
)
def test_what_is_not_public_is_for_followers_or_direct(
    to: list[str], cc: list[str], followers: str | None, expected: Visibility
) -> None:
    assert visibility(to, cc, followers) is expected


@pytest.mark.parametrize("shown", Visibility)
def test_a_post_is_addressed_so_that_it_is_read_as_meant(shown: Visibility) -> None:
    to, cc = audience(shown, FOLLOWERS, [BOB, BOB])
    assert visibility(to, cc, FOLLOWERS) is shown
    assert [*to, *cc].count(BOB) == 1
    assert is_addressed(BOB, to, cc)
    assert not is_addressed("https://c.example/", to, cc)


def test_a_public_post_goes_once_to_each_shared_inbox() -> None:
    recipients = [
        Recipient(BOB, f"{BOB}/inbox", "https://b.example/inbox"),
        Recipient("https://b.example/eve", "https://b.example/eve/inbox", "https://b.example/inbox"),
        Recipient("https://c.example/x", "https://c.example/x/inbox"),
    ]
    assert inboxes(recipients, Visibility.PUBLIC) == ("https://b.example/inbox", "https://c.example/x/inbox")
    assert inboxes(recipients, Visibility.FOLLOWERS) == inboxes(recipients, Visibility.UNLISTED)
    assert inboxes(recipients, Visibility.FOLLOWERS) == inboxes(recipients, Visibility.PUBLIC)


def test_a_direct_post_goes_to_the_inbox_of_its_recipient() -> None:
    recipients = [Recipient(BOB, f"{BOB}/inbox", "https://b.example/inbox")]
    assert inboxes(recipients, Visibility.DIRECT) == (f"{BOB}/inbox",)
    assert PUBLIC not in inboxes([], Visibility.DIRECT)
