"""The newest events of a channel, and the limit of the backlog."""

from fedistream.api.ws.backlog import MAX_BYTES, MAX_TEXTS, Backlog, BacklogEntry


def recent(*said: BacklogEntry) -> Backlog:
    made = Backlog()
    for each in said:
        made.add(each)
    return made


def test_what_comes_behind_a_message_is_found_by_its_mark() -> None:
    kept = recent(
        BacklogEntry(b"one", "a"), BacklogEntry(b"joined"), BacklogEntry(b"two", "b"), BacklogEntry(b"hidden")
    )
    assert kept.behind("a") == 1
    assert kept.since(1, "a", 1000) == ([b"joined", b"two", b"hidden"], 4, "b")
    assert kept.behind("b") == 3
    assert kept.since(4, "b", 1000) == ([], 4, "b")
    assert kept.behind("c") is None
    assert kept.behind("") is None


def test_messages_that_are_known_already_are_left_out_and_other_things_are_not() -> None:
    kept = recent(
        BacklogEntry(b"one", "a"), BacklogEntry(b"joined"), BacklogEntry(b"two", "b"), BacklogEntry(b"three", "c")
    )
    assert kept.since(0, "b", 1000) == ([b"joined", b"three"], 4, "c")


def test_messages_are_counted_and_other_things_are_not() -> None:
    kept = recent(
        BacklogEntry(b"one", "a"), BacklogEntry(b"joined"), BacklogEntry(b"two", "b"), BacklogEntry(b"three", "c")
    )
    assert [kept.messages(position) for position in range(5)] == [3, 2, 2, 1, 0]


def test_it_is_read_piece_by_piece() -> None:
    kept = recent(*(BacklogEntry(b"%d" % n * 10, f"{n}") for n in range(5)))
    position, pieces = 0, []
    while position < kept.end:
        texts, position, _ = kept.since(position, "", 25)
        pieces.append(len(texts))
    assert pieces == [2, 2, 1]
    assert kept.since(0, "", 1) == ([b"0" * 10], 1, "0"), "one at least"


def test_it_is_bounded_in_number_and_bytes() -> None:
    many = recent(*(BacklogEntry(b"x", f"{n:06}") for n in range(MAX_TEXTS + 5)))
    assert (many.keeps(4), many.keeps(5), many.behind("000004")) == (False, True, None)
    assert len(many.since(5, "", MAX_BYTES)[0]) == MAX_TEXTS
    large = recent(*(BacklogEntry(bytes(MAX_BYTES // 4), f"{n}") for n in range(6)))
    assert [large.keeps(n) for n in range(7)] == [False, False, True, True, True, True, True]
    assert recent(BacklogEntry(bytes(2 * MAX_BYTES), "a")).keeps(0) is False
