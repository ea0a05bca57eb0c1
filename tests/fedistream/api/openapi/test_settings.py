"""The schemas of settings: what each check accepts."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.api.openapi.settings import operation, schema
from fedistream.core.errors import Invalid
from fedistream.settings import checks, structures
from fedistream.settings.table import SETTINGS, Setting

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 70_000) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
# "" and 0 mean that it is not set, which their setters do not take
UNSET = (checks.public_address, checks.ip_address, checks.port)


VALIDATORS = {setting.name: jsonschema_rs.validator_for(schema(setting.check)) for setting in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.name)
def test_the_default_of_a_setting_fits_its_schema(setting: Setting) -> None:
    assert jsonschema_rs.meta.is_valid(schema(setting.check))
    if setting.check not in UNSET:
        assert VALIDATORS[setting.name].is_valid(setting.default)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.name)
@given(value=VALUES)
def test_what_a_setting_keeps_fits_its_schema(setting: Setting, value: object) -> None:
    try:
        kept = setting.check(setting.name, value)
    except Invalid:
        return
    assert VALIDATORS[setting.name].is_valid(kept), kept


def test_an_operation_says_when_a_change_takes_effect_and_that_a_flag_is_the_opposite() -> None:
    setting = next(each for each in SETTINGS if each.name == "chat.enabled")
    stated = operation(setting)
    assert stated.summary == "Change chat.enabled"
    assert isinstance(stated.body, dict)
    assert stated.body["properties"] == {"value": {"type": "boolean"}}
    assert "for all who are connected to the chat" in stated.body["description"]
    assert "opposite" in stated.body["description"]


def test_an_object_says_which_members_it_needs() -> None:
    actions = schema(structures.external_actions)
    assert actions["maxItems"] == structures.MAX_ACTIONS
    assert actions["items"]["required"] == ["title"]
    assert actions["items"]["properties"]["url"]["type"] == ["string", "null"]
