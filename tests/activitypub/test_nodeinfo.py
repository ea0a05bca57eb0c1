import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import nodeinfo, strictjson
from activitypub.nodeinfo import NodeInfo, RemoteSoftware, parse_document, parse_index
from activitypub.refusal import Refused
from activitypub.strictjson import Json
from tests.kit.examples import examples

FACTS = NodeInfo(
    "fedistream", "1.0.0", repository="https://code.example/", posts=7, title="My node", metadata={"chat_enabled": True}
)
ORIGIN = "https://node.example"


def test_the_index_leads_to_the_newest_document() -> None:
    index = nodeinfo.write_index(ORIGIN, f"{ORIGIN}/actor")
    assert [link["href"] for link in index["links"]] == [
        "https://node.example/nodeinfo/2.0",
        "https://node.example/nodeinfo/2.1",
        "https://node.example/actor",
    ]
    assert parse_index(strictjson.parse(strictjson.write(index))) == "https://node.example/nodeinfo/2.1"
    assert len(nodeinfo.write_index(ORIGIN)["links"]) == 2


@pytest.mark.parametrize("version", nodeinfo.VERSIONS)
def test_a_document_is_read_back_and_complete(version: str) -> None:
    document = nodeinfo.write_document(version, FACTS)
    assert set(document) == {"version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"}
    assert document["version"] == version
    assert ("repository" in document["software"]) == (version == "2.1")
    assert document["usage"] == {"users": {"total": 1, "activeMonth": 1, "activeHalfyear": 1}, "localPosts": 7}
    assert parse_document(document) == RemoteSoftware("fedistream", "1.0.0", 1, False, {"chat_enabled": True})
    assert (
        nodeinfo.media_type(version)
        == f'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
    )


def test_other_versions_do_not_exist() -> None:
    with pytest.raises(KeyError):
        nodeinfo.write_document("1.0", FACTS)


def test_nodeinfo2_names_server_and_organisation() -> None:
    document = nodeinfo.write_nodeinfo2(ORIGIN, FACTS)
    assert document["server"] == {"baseUrl": ORIGIN, "name": "My node", "software": "fedistream", "version": "1.0.0"}
    assert document["usage"]["localComments"] == 0


def test_host_meta_leads_to_webfinger_in_xml_and_in_json() -> None:
    root = ET.fromstring(nodeinfo.write_host_meta("https://node.example"))  # noqa: S314
    (link,) = root.findall("{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link")
    template = "https://node.example/.well-known/webfinger?resource={uri}"
    assert link.attrib == {"rel": "lrdd", "template": template}
    assert nodeinfo.write_host_meta_json(ORIGIN)["links"][0]["template"] == template


@pytest.mark.parametrize(
    "links",
    [
        None,
        [],
        [5],
        [{"rel": 5}],
        [{"rel": [], "href": "https://a.example/"}],
        [{"rel": "x", "href": "https://a.example/"}],
    ],
)
def test_an_index_without_a_version_that_we_know_is_refused(links: Any) -> None:
    with pytest.raises(Refused):
        parse_index({"links": links})


def test_an_older_version_is_taken_where_there_is_no_newer_one() -> None:
    assert (
        parse_index({"links": {"rel": nodeinfo.SCHEMA + "2.0", "href": "https://a.example/n"}}) == "https://a.example/n"
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"software": {"name": "Owncast", "version": "0.2"}}, RemoteSoftware("owncast", "0.2")),
        ({"software": {"name": "x"}, "metadata": [], "usage": []}, RemoteSoftware("x", "")),
        (
            {"software": {"name": "x"}, "usage": {"users": {"total": 5}}, "openRegistrations": True},
            RemoteSoftware("x", "", 5, True),
        ),
        ({"software": {"name": "x"}, "usage": {"users": 5}}, RemoteSoftware("x", "")),
    ],
)
def test_the_documents_of_others_are_read_as_far_as_they_go(document: Json, expected: RemoteSoftware) -> None:
    assert parse_document(document) == expected


values = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "users", "rel"]), inner),
    max_leaves=5,
)


@examples(100)
@given(st.dictionaries(st.sampled_from(["software", "usage", "metadata", "links"]), values))
def test_any_document_is_read_or_refused(document: Json) -> None:
    for read in (parse_document, parse_index):
        try:
            read(document)
        except Refused:
            continue
