"""The texts of the modules: none is missing, none is left over, and every page gives them."""

import re
from datetime import timedelta
from gettext import NullTranslations
from pathlib import Path

import pytest

from fedistream.api.pages import texts
from fedistream.app.paths import STATIC

CALL = re.compile(r"""\btext\(\s*[`"']([^`"'$]+)(\$?)""")
ADMIN_MODULES = {"admin.js", "copy-button.js", "relative-time.js"}
FOLLOW_MODULES = {"follow.js", "copy-button.js"}


def used(modules: set[Path]) -> tuple[set[str], set[str]]:
    """The keys that `text()` is called with, and the beginnings of those that are put together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for module in modules:
        source = module.read_text().replace('? "title.offline" : "title.live"', "")
        for key, goes_on in CALL.findall(source):
            (begun if goes_on else whole).add(key)
    return whole, begun


def known(given: dict[str, str]) -> set[str]:
    return {key.removesuffix(".one").removesuffix(".other") for key in given}


def test_every_text_of_the_watch_page_exists_and_is_used() -> None:
    others = {"admin.js", "bell.js", "mobile-layout.js", *FOLLOW_MODULES}
    whole, begun = used({path for path in (STATIC / "js").glob("*.js") if path.name not in others})
    keys = known(texts.watch(NullTranslations()))
    chosen = {"title.live", "title.lost", "title.offline"}
    assert whole - keys == set()
    left = {key for key in keys - whole - chosen if not any(key.startswith(start) for start in begun)}
    assert left == set()


def test_every_text_of_the_chat_exists_and_is_used() -> None:
    modules = {*(STATIC / "js" / "chat").glob("*.js"), STATIC / "js" / "mobile-layout.js"}
    # keys that a module hands on before they become texts
    handed_on = set(re.findall(r"\"((?:chat|sign-in)\.[a-z.-]+)\"", "".join(path.read_text() for path in modules)))
    whole, begun = used(modules)
    keys = known(texts.chat(NullTranslations()))
    assert whole - keys == set()
    left = {key for key in keys - whole - handed_on if not any(key.startswith(start) for start in begun)}
    assert {key for key in left if not key.endswith(".confirm")} == set()


def test_every_text_of_the_button_for_notifications_exists_and_is_used() -> None:
    whole, begun = used({STATIC / "js" / "bell.js"})
    keys = known(texts.bell(NullTranslations()))
    assert whole - keys == set()
    assert begun == {"bell."}
    # the obstacles of the module are the ends of the others' keys
    source = (STATIC / "js" / "bell.js").read_text()
    assert {key for key in keys - whole if f'"{key.removeprefix("bell.")}"' not in source} == set()


def test_every_text_of_the_admin_page_exists_and_is_used() -> None:
    whole, _ = used({STATIC / "js" / name for name in ADMIN_MODULES})
    assert whole == known(texts.admin(NullTranslations()))


def test_every_text_of_the_box_for_followers_exists_and_is_used() -> None:
    whole, _ = used({STATIC / "js" / name for name in FOLLOW_MODULES})
    assert whole == known(texts.follow(NullTranslations()))


def test_every_text_of_an_ended_broadcasts_page_exists_and_is_used() -> None:
    whole, _ = used({STATIC / "js" / name for name in ("local-times.js", "relative-time.js")})
    assert whole == known(texts.ended(NullTranslations()))


def test_no_module_knows_an_address_of_the_node_by_itself() -> None:
    # they come with the page, which may be one of several channels
    address = re.compile(r"""["'`](/(?:api|admin|ws|hls|img|follow|c|live|static)\b[^"'`]*)""")
    named = {path.name: found for path in STATIC.glob("js/**/*.js") if (found := address.findall(path.read_text()))}
    assert named == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "1 minute"),
        (59, "1 minute"),
        (150, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "1 h 0 min"),
        (360060, "100 h 1 min"),
    ],
)
def test_how_long_something_lasted_is_said_in_hours_and_minutes(seconds: int, words: str) -> None:
    assert texts.duration(NullTranslations(), timedelta(seconds=seconds)) == words


def test_each_plural_has_both_forms() -> None:
    keys = texts.watch(NullTranslations())
    ones = {key.removesuffix(".one") for key in keys if key.endswith(".one")}
    assert ones == {key.removesuffix(".other") for key in keys if key.endswith(".other")} != set()


class Shouting(NullTranslations):
    def gettext(self, message: str) -> str:
        return message.upper()


def test_a_translation_reaches_every_text() -> None:
    for given in (texts.watch, texts.follow, texts.admin, texts.notices, texts.labels, texts.ended, texts.bell):
        assert all(words == words.upper() for words in given(Shouting()).values())
