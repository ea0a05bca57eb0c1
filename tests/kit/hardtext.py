"""Everything that reads text of strangers, with the texts that are hardest to read: one table for tests and benchmarks.

The inputs are those that cost other parsers a time that grows with the square of their length, and what a search for
slow texts found in ours.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activitypub import nodeinfo, strictjson
from activitypub.actor import parse_actor
from activitypub.refusal import Refused
from activitypub.signatures import cavage, digest, httpdate
from activitypub.signatures.request import incoming_request
from activitypub.signatures.structured_fields import MAX_FIELD, BadField, parse_dictionary
from activitypub.urls import BadUrl, parse_url, resolve
from activitypub.vocabulary.activity import parse_activity
from activitypub.vocabulary.objects import Object
from activitypub.webfinger import BadHandle, parse_handle, parse_jrd, parse_resource
from fedistream.api.hls import parse_question
from fedistream.chat import names, rules
from fedistream.chat.render import render, sanitise
from fedistream.core import plain_text
from fedistream.core.errors import Invalid
from fedistream.core.markdown import render_page
from fedistream.federation.followers import blocklist_csv
from fedistream.federation.posts.compose import check, write
from fedistream.federation.posts.values import Draft
from fedistream.federation.remote_html import beginning, excerpt, read_note
from fedistream.signin import discovery, links

KB_20 = 20_000
AT_ONCE = 0.005  # seconds that the loop may be held by what is read within it
ACTOR = "https://r.example/u"
PUBLIC_PEM = f"-----BEGIN PUBLIC KEY-----\n{'A' * 64}\n-----END PUBLIC KEY-----"

Make = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Parser:
    """`parse` raises `errors` and nothing else. `hard` makes texts of about n characters; `pieces` are what a fuzzer
    puts together. `beside`: it is not run in the loop, but in a thread or by an admin's own wish."""

    parse: Callable[[Any], object]
    hard: Mapping[str, Make]
    errors: tuple[type[Exception], ...] = ()
    pieces: tuple[str, ...] = ()
    size: int = KB_20
    beside: bool = False


def again(*pieces: str) -> Mapping[str, Make]:
    """Each piece over and over."""
    return {piece: lambda n, piece=piece: piece * (n // len(piece)) for piece in pieces}  # type: ignore[misc]


HTML_PIECES = (
    *("<b>", "<b>x", "<i><b>", "<div>", "<span>", "<p>", "<p>x</p>", "<li>", "<ul><li>", "<ol><li>", "<blockquote>"),
    *("<table><tr><td>", "<td>", "<table><b>", "<pre>", "\n", "<br>", "<h1>", "<b><i></b></i>", "</b>", "<b></b>"),
    *("<a href=https://x.example>", "<a href=https://x.example>x</a>", "<svg>", "<svg></svg>", "<math>", "<select>"),
    *("<!--", "<!---->", "x<!---->", "<![CDATA[", "<?", "</", "<", "<a", "<a ", '<a href="', "<p a='", "&", "&amp;"),
    *(
        "&#x202e;",
        "&CounterClockwiseContourIntegra",
        " ",
        "x ",
        "<p class=quote-inline>",
        "<script>",
        "<style></style>",
    ),
    *("<a href=https://x.y><span class=ellipsis></span>", "<span class=invisible>", "<img alt=a>"),
    *("<del>x", "\u202e"),
)
HTML: Mapping[str, Make] = {
    **again(*HTML_PIECES),
    "attributes": lambda n: f"<a {' '.join(f'a{number}=1' for number in range(n // 7))}>",
    "classes": lambda n: f'<p class="{"a " * (n // 2)}">x',
    "fonts": lambda n: "".join(f"<font color={number}>" for number in range(n // 18)),
    "number": lambda n: f"&#{'9' * n};",
    "lists": lambda n: "<ul><li>" * 30 + "<li>" * (n // 4),
    "ends": lambda n: "<span>" * 32 + "</b>" * (n // 4),
    "adopted": lambda n: "<a><b><p>" * (n // 9) + "</a>" * 10,
}
MARKDOWN_PIECES = (
    *("*", "*a ", "a**b", "_a_", "*_", "*a **b ", "*a*b*c_d_", "~~a", "[", "[a](", "[a](<b", "![", "[\n"),
    *(
        "[a]: b\n",
        "[x",
        "[a](b",
        "[x](y 'z",
        "`a",
        "\\",
        "&a",
        "<",
        "<a ",
        ">",
        "> ",
        "- ",
        "1. ",
        "|\n",
        "a|b\n-|-\n",
        "a\n",
        "\n",
    ),
    *(
        "```\n",
        "---\n",
        "http://a",
        "http://a.b ",
        ":a",
        ":a:",
        "@a@",
        "#a",
        "# ",
        "\t",
        " ",
        "\0",
        '"',
        "<http:",
        "a  \n",
    ),
    *("a\u0301\u0300", "\u202e", "\u200b", "** "),
)
MARKDOWN: Mapping[str, Make] = {
    **again(*MARKDOWN_PIECES),
    "brackets": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "backticks": lambda n: " ".join("`" * number for number in range(1, int((2 * n) ** 0.5))),
    "steps": lambda n: "".join(f"{'  ' * number}- a\n" for number in range(int(n**0.5))),
    "table": lambda n: "|".join("a" * (n // 20)) + "\n" + "|".join("-" * (n // 20)) + "\n" + "|\n" * (n // 4),
    "references": lambda n: "".join(f"[a{number}]: b\n" for number in range(n // 9)),
    "brackets in an address": lambda n: f"http://a/{'(' * (n // 2)}{')' * (n // 2)}",
    "closing brackets": lambda n: f"http://a/{')' * n}",
    "host": lambda n: f"@a@{'b-' * (n // 2)}",
}
JSON: Mapping[str, Make] = {
    **{name: lambda n, part=part: f'{{"a":[{part * (n // len(part))}1]}}' for name, part in (  # type: ignore[misc]
        ("numbers", "1,"), ("texts", '"",'), ("objects", "{},"), ("members", '{"b":1},'), ("floats", "1.5,"),
    )},
    "lists": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "nested": lambda n: '{"a":' * (n // 5),
    "keys": lambda n: json.dumps({f"k{number}": 1 for number in range(n // 10)}),
    "one key": lambda n: "{" + '"a":1,' * (n // 6) + '"a":1}',
    "number": lambda n: f'{{"a":{"1" * n}}}',
    "fraction": lambda n: f'{{"a":1.{"1" * n}}}',
    "exponent": lambda n: f'{{"a":1e{"1" * n}}}',
    "escapes": lambda n: '{"a":"' + "\\u0041" * (n // 6) + '"}',
    "surrogates": lambda n: '{"a":"' + "\\ud83d\\ude00" * (n // 12) + '"}',
    "not ASCII": lambda n: '{"a":"\\u0041' + "é" * (n // 2) + '"}',
    "blanks": lambda n: f"{{{' ' * n}}}",
}  # fmt: skip


def _create(**more: Any) -> dict[str, Any]:
    note = {"type": "Note", "id": f"{ACTOR}/n", "attributedTo": ACTOR, **more}
    return {"type": "Create", "id": f"{ACTOR}/1", "actor": ACTOR, "object": note}


def _person(**more: Any) -> dict[str, Any]:
    return {"type": "Person", "id": ACTOR, "inbox": f"{ACTOR}/i", "preferredUsername": "a", **more}


ACTIVITIES: Mapping[str, Make] = {
    "tags": lambda n: _create(tag=[{"type": "Mention", "href": ACTOR, "name": "a"}] * (n // 40)),
    "to": lambda n: _create(to=[f"{ACTOR}{number}" for number in range(n // 25)]),
    "attachments": lambda n: _create(attachment=[{"url": f"{ACTOR}{number}"} for number in range(n // 50)]),
    "languages": lambda n: _create(contentMap={f"l{number}": "x" for number in range(n // 10)}),
    "types": lambda n: _create(type=["x"] * (n // 4)),
    "links": lambda n: _create(url=[{"href": f"{ACTOR}{number}"} for number in range(n // 30)]),
    "long host": lambda n: _create(inReplyTo=f"https://{'a-' * (n // 2)}"),
    "invisible name": lambda n: _create(name="\u200b" * n),
    "long date": lambda n: _create(published="2" * n),
}
ACTORS: Mapping[str, Make] = {
    "keys": lambda n: _person(
        publicKey=[{"id": f"{ACTOR}#{i}", "owner": ACTOR, "publicKeyPem": PUBLIC_PEM} for i in range(n // 200)]
    ),
    "long key": lambda n: _person(publicKey={"id": f"{ACTOR}#1", "owner": ACTOR, "publicKeyPem": PUBLIC_PEM * n}),
    "multikey": lambda n: _person(
        assertionMethod=[{"id": f"{ACTOR}#1", "controller": ACTOR, "publicKeyMultibase": "z" + "6" * n}]
    ),
    "fields": lambda n: _person(attachment=[{"type": "PropertyValue", "name": "a", "value": "b"}] * (n // 50)),
    "invisible name": lambda n: _person(name="\u200b" * n),
}
HANDLES = ("a@", "@", "@a@b.", "%41", "ü", "ü.", "漢字.", "a-", " ", "https://a.", "acct:", ".")
SIGNATURE_PIECES = (
    *('a="', "a=1,", "a=1 ,", ",", " ", '"', 'keyId="a",signature="AAAA",', "h ", "(request-target) ", "\\", "é"),
)
FIELD_PIECES = ('a="', '\\"', "a=(", '"a" ', ";a", "a=:", "AAAA:", "a=1,", "a", " ", ",", "(", ")", "?1", "-1.5", "*")
LINK_PIECES = ("<a>", "<", ">", ";", ";rel", ';rel="', "a ", '"', " ", "=", ",")
PAGE_PIECES = (
    *(
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<script></script>",
        "<link ",
        "<link a=",
        "<link rel=a href='",
        "/",
        "a ",
    ),
    *("<title></titl", "&a", "&#9", "<", ">", "<template>", '"', "="),
)
NAME_PIECES = (
    "a\u0301",
    "\u200b",
    "\ufdfa",
    "\u1100\u1161",
    "\u0301\u0323",
    " ",
    "✓",
    ":verified",
    ":",
    "rn",
    "🏴\U000e0067",
)
WORD_PIECES = ("a ", "a", "\ufdfa ", "a\u0301\u0323", "@1", "w1 w2 w3 ", "0", "_")
CSV_PIECES = ('"', ",", "\n", "a.de\n", "a.", "a\n", "a-", "ü.de\n", "#domain,#severity\n", "*.a.de,suspend\n")
QUERY_PIECES = ("_HLS_msn=1&", "_HLS_part=", "&", "=", "%41", "a=b&", "a=b;", "+", "_HLS_skip=YES&", "é")
ADDRESSES = ("ü", "ü.", "a.", "a/", "../", "://", "//", "?", "#", "[", "@", ":", "https://a.example/")


def _query(text: str) -> object:
    return parse_question(text.encode("latin-1", "replace"))


def _note(content: str) -> object:
    said = read_note(Object("Note", f"{ACTOR}/1", content=content, summary=content[:2000], name=content[:500]))
    return excerpt(said, {ACTOR}, {"@streamer"})


def _signed(signature: str) -> object:
    headers = [("host", "r.example"), ("date", signature[:100]), ("signature", signature)]
    request = incoming_request("GET", "https://r.example", "/", headers)
    return cavage.parse_signature(request, now=0)


PARSERS: Mapping[str, Parser] = {
    "excerpt of a note": Parser(_note, HTML, pieces=HTML_PIECES),
    "beginning of a post": Parser(beginning, HTML, pieces=HTML_PIECES),
    "chat message": Parser(lambda text: render(text, {"a": "/img/emoji/a.png"}), MARKDOWN, pieces=MARKDOWN_PIECES),
    "chat message of elsewhere": Parser(lambda text: sanitise(text[:1000]), HTML, pieces=HTML_PIECES),
    "post": Parser(
        lambda text: write(check(Draft(text)), lambda tag: f"https://r.example/{tag}"),
        MARKDOWN, (Invalid,), MARKDOWN_PIECES, size=5_000, beside=True,
    ),
    # of the admin's own: a quarter of the length shows whether it is linear, at a quarter of the suite's time
    "page": Parser(render_page.__wrapped__, MARKDOWN, pieces=MARKDOWN_PIECES, size=5_000, beside=True),
    "JSON": Parser(lambda text: strictjson.parse(text.encode()), JSON, (Refused,), ('{"', '":', "[", "1", ",", "}")),
    "activity": Parser(lambda document: parse_activity(document, ACTOR), ACTIVITIES, (Refused,)),
    "actor": Parser(parse_actor, ACTORS, (Refused,)),
    "Signature": Parser(cavage.parse_header, again(*SIGNATURE_PIECES), (Refused,), SIGNATURE_PIECES),
    "Signature that fits": Parser(_signed, again(*SIGNATURE_PIECES), (Refused,), SIGNATURE_PIECES, size=6_000),
    "structured field": Parser(parse_dictionary, again(*FIELD_PIECES), (BadField,), FIELD_PIECES),
    "structured field that fits": Parser(parse_dictionary, again(*FIELD_PIECES), (BadField,), size=MAX_FIELD),
    "Digest": Parser(
        lambda text: digest.check_digest(text, b""), again(",", "x=1,", "=", "sha-256=A"), (Refused,), ("sha-256=", ",")
    ),
    "HTTP date": Parser(httpdate.parse, again("Mon, ", "0", " ", "é"), (ValueError,), ("Mon, ", "01 ", "Jan ", "0:")),
    "handle": Parser(parse_handle, again(*HANDLES), (BadHandle,), HANDLES),
    "resource": Parser(parse_resource, again(*HANDLES), (BadHandle,), HANDLES),
    "URL": Parser(parse_url, again(*ADDRESSES), (BadUrl,), ADDRESSES),
    "website": Parser(discovery.canonical, again(*ADDRESSES), (Invalid,), ADDRESSES),
    "place of a redirect": Parser(
        lambda text: resolve("https://a.example/x/y", text), again(*ADDRESSES), (BadUrl,), ADDRESSES
    ),
    "Link header": Parser(lambda text: [*links.of_header(text)], again(*LINK_PIECES), pieces=LINK_PIECES),
    "links of a page": Parser(
        lambda text: [*links.of_html(text)],
        {**again(*PAGE_PIECES), "long number": lambda n: f'<link rel=a href="&#{"9" * n}">'},
        pieces=PAGE_PIECES,
    ),
    "WebFinger": Parser(
        parse_jrd,
        {
            "links": lambda n: {"subject": "acct:a@b.c", "links": [{"rel": "self", "href": "x"}] * (n // 25)},
            "aliases": lambda n: {"subject": "x", "aliases": [f"{ACTOR}{number}" for number in range(n // 20)]},
            "subject": lambda n: {"subject": f"acct:{'a' * n}"},
        },
        (Refused,),
    ),
    "NodeInfo": Parser(
        nodeinfo.parse_document,
        {"names": lambda n: {"software": {"name": "\u200b" * n, "version": "x" * n}, "metadata": []}},
        (Refused,),
    ),
    "playlist query": Parser(_query, again(*QUERY_PIECES), (ValueError,), QUERY_PIECES),
    "block list": Parser(blocklist_csv.parse, again(*CSV_PIECES), (Invalid,), CSV_PIECES, beside=True),
    "visitor's name": Parser(names.clean, again(*NAME_PIECES), pieces=NAME_PIECES),
    "look-alikes": Parser(names.skeleton.__wrapped__, again(*NAME_PIECES), pieces=NAME_PIECES),
    "name of elsewhere": Parser(lambda text: plain_text.name(text, 100), again(*NAME_PIECES), pieces=NAME_PIECES),
    "unwelcome words": Parser(
        lambda text: rules.has_words(text, rules.ChatPolicy(blocked_words=("bad", "a" * 500), slur_filter=True)),
        {**again(*WORD_PIECES), "many words": lambda n: " ".join(f"w{number}" for number in range(n // 6))},
        pieces=WORD_PIECES,
    ),
}  # fmt: skip
