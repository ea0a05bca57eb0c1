"""The style sheet made of the admin's settings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.api.pages.custom.styles import contrast_ink, sheet, url
from fedistream.core.errors import Invalid
from fedistream.settings.table import BY_NAME
from tests.kit.examples import examples


def settings(
    variables: dict[str, str] | None = None, styles: str = "", actions: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "page.appearance": variables or {},
        "page.custom_styles": styles,
        "page.external_actions": actions or [],
    }


def test_without_settings_there_is_no_sheet() -> None:
    assert sheet(settings()) == url(settings()) == ""


def test_a_variable_has_owncasts_name_and_ours() -> None:
    css = sheet(settings({"theme-color-background-main": "#123456", "--my-own": "1px", "theme-color-users-3": "red"}))
    assert "--paper: #123456;" in css
    assert "--theme-color-background-main: #123456;" in css
    assert "--my-own: 1px;" in css
    assert ".chat { --name-3: red; }" in css


def test_the_text_on_a_light_accent_is_dark() -> None:
    assert "--on-accent: #000000;" in sheet(settings({"theme-color-action": "#ffee88"}))
    own = {"theme-color-action": "#ffee88", "theme-color-components-primary-button-text": "#333"}
    assert sheet(settings(own)).count("--on-accent") == 1


@examples(100)
@given(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True))
def test_the_ink_is_readable_on_every_colour(color: str) -> None:
    def luminance(hex_color: str) -> float:
        parts = [int(hex_color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(color), luminance(contrast_ink(color))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_colour_that_cannot_be_judged_is_a_border() -> None:
    css = sheet(settings(actions=[{"color": ""}, {"color": "rebeccapurple"}, {"color": "#000"}]))
    assert '[data-action="1"] { border-color: rebeccapurple; }' in css
    assert '[data-action="2"] { background: #000; border-color: #000; color: #ffffff; }' in css
    assert '[data-action="0"]' not in css


@pytest.mark.parametrize(
    "styles",
    [
        '@import "https://far.example/x.css";',
        "@IMPORT url(https://far.example/x.css) screen;",
        "@import url('//far.example/x.css')",
        "h1 { color: red }\n@import 'https://far.example/x.css';",
    ],
)
def test_a_style_sheet_from_elsewhere_is_left_out(styles: str) -> None:
    assert "far.example" not in sheet(settings(styles=f"{styles}"))
    assert "b { top: 0 }" in sheet(settings(styles=f"{styles};\nb {{ top: 0 }}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page.appearance", {"x": "red; } body { display: none"}),
        ("page.appearance", {"x": "url(https://far.example/)"}),
        ("page.appearance", {"x": "</style><script>"}),
        ("page.appearance", {"x; } *": "red"}),
        ("page.appearance", {"x": "\\75rl(https://far.example/)"}),
        ("page.external_actions", [{"title": "x", "url": "https://far.example", "color": "red; } * { top: 0"}]),
        ("page.custom_styles", "</style><script>alert(1)</script>"),
    ],
)
def test_what_leaves_its_place_is_refused(name: str, value: object) -> None:
    with pytest.raises(Invalid):
        BY_NAME[name].check(name, value)


def test_the_address_changes_with_the_content() -> None:
    assert url(settings(styles="a{}")) != url(settings(styles="b{}"))
