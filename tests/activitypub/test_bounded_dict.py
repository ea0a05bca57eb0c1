from activitypub.bounded_dict import BoundedDict


def test_the_items_that_were_set_last_are_kept() -> None:
    kept: BoundedDict[str, int] = BoundedDict(2)
    for number, key in enumerate("abc"):
        kept[key] = number
    assert kept == {"b": 1, "c": 2}


def test_an_item_that_is_set_again_is_the_newest() -> None:
    kept: BoundedDict[str, int] = BoundedDict(2)
    kept["a"] = kept["b"] = 0
    kept["a"] = 1
    kept["c"] = 2
    assert kept == {"a": 1, "c": 2}


def test_reading_an_item_does_not_make_it_newer() -> None:
    kept: BoundedDict[str, int] = BoundedDict(2)
    kept["a"] = kept["b"] = 0
    assert kept["a"] == kept.get("a") == 0
    kept["c"] = 0
    assert list(kept) == ["b", "c"]


def test_a_deleted_item_makes_room() -> None:
    kept: BoundedDict[str, int] = BoundedDict(2)
    kept["a"] = kept["b"] = 0
    del kept["b"]
    assert kept.pop("nothing", None) is None
    kept["c"] = 0
    assert list(kept) == ["a", "c"]
