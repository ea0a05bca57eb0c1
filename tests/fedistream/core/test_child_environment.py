"""Children are given what they need, by name."""

from fedistream.core.child_environment import child_environment

GIVEN = {
    "PATH": "/usr/bin",
    "LC_ALL": "C.UTF-8",
    "PGPASSWORD": "secret",
    "FEDISTREAM_ADMIN_PASSWORD": "secret",
    "FEDISTREAM_STREAM_KEY": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "PYTHONPATH": "/elsewhere",
}


def test_a_child_is_given_no_passwords() -> None:
    child = child_environment(GIVEN)
    assert "secret" not in child.values()
    assert (child["PATH"], child["LC_ALL"]) == ("/usr/bin", "C.UTF-8")


def test_a_child_that_needs_the_database_is_given_what_leads_to_it() -> None:
    child = child_environment(GIVEN, database=True, FEDISTREAM_DATABASE_URL="postgresql:///node")
    assert {name for name, value in child.items() if value == "secret"} == {"PGPASSWORD"}
    assert child["FEDISTREAM_DATABASE_URL"] == "postgresql:///node"


def test_a_child_finds_our_modules_where_we_do() -> None:
    assert child_environment(GIVEN)["PYTHONPATH"] != "/elsewhere"
