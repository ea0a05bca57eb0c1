"""Names of browsers and programs in the list of sessions."""

import pytest

from fedistream.api.pages.sign_in.user_agents import MAX_SHOWN, program

LINUX = "Mozilla/5.0 (X11; Linux x86_64"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{LINUX}; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        (f"{LINUX}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome · Linux"),
        (f"{LINUX}) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge · Linux"),
        (PHONE, "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0)", "Windows"),
        ("Mozilla/5.0 something", "Mozilla/5.0 something"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("", ""),
        ("/\x1b[31m", ""),
    ],
)
def test_a_user_agent_is_named_shortly(agent: str, name: str) -> None:
    assert program(agent) == name


def test_a_name_is_not_longer_than_it_may_be() -> None:
    assert len(program("Mozilla/" + "x" * 500)) == MAX_SHOWN
