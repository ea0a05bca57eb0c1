"""The contract with little-boxes 0.1.0: what the adapter uses, and the oddities that are the reason to use no more."""

import subprocess
import sys
from typing import Any

import pytest
from little_boxes import activitypub as little_boxes  # type: ignore[import-untyped]
from little_boxes.errors import BadActivityError, UnexpectedActivityTypeError  # type: ignore[import-untyped]

from activitypub import type_names
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.vocabulary import little_boxes_adapter
from tests.kit.actors import ANN


def skeleton(kind: str, thing: Any = "https://node.example/x", actor: Any = ANN) -> Json:
    return {"type": kind, "id": f"{ANN}#1", "actor": actor, "object": thing}


def refusal(made: Json, signer: str = ANN) -> Refused:
    with pytest.raises(Refused) as caught:
        little_boxes_adapter.construct(made, signer)
    assert caught.value.reason is Reason.SHAPE
    return caught.value


@pytest.mark.parametrize("kind", type_names.ACTIVITIES)
def test_each_activity_takes_an_id_and_the_types_of_its_table_and_no_others(kind: str) -> None:
    little_boxes_adapter.construct(skeleton(kind), ANN)
    for thing in sorted(type_names.KNOWN):
        made = skeleton(kind, {"type": thing, "id": "https://node.example/x"})
        if thing in type_names.ACTIVITIES[kind]:
            little_boxes_adapter.construct(made, ANN)
        else:
            refusal(made)


def test_only_the_actor_that_signed_is_constructed() -> None:
    assert "validate actor" in refusal(skeleton("Follow", actor="https://other.example/eve")).text
    refusal(skeleton("Follow"), "")
    refusal(skeleton("Follow", actor=None))
    refusal(skeleton("Follow", actor=17))


@pytest.mark.parametrize("made", [{}, {"type": "Nothing"}, {"type": None}, {"type": []}, {"type": "Collection"}])
def test_whatever_little_boxes_raises_is_one_kind_of_refusal(made: Json) -> None:
    refusal(made)


def test_the_signer_is_forgotten_afterwards() -> None:
    little_boxes_adapter.construct(skeleton("Follow"), ANN)
    with pytest.raises(BadActivityError):
        little_boxes.parse_activity(skeleton("Follow"))


def test_nothing_of_little_boxes_reaches_out_or_stores() -> None:
    """The backend has one method; every other hook is an AttributeError, not a silent None."""
    for hook in ("inbox_new", "outbox_new", "new_follower", "post_to_remote_inbox", "is_from_outbox"):
        assert not hasattr(little_boxes.BACKEND, hook)


def test_the_registry_gives_our_classes_for_every_type_that_we_know() -> None:
    for name in sorted(type_names.KNOWN):
        registered = little_boxes._ACTIVITY_CLS[little_boxes_adapter.Type(name)]
        assert issubclass(
            registered, little_boxes_adapter._Actor | little_boxes_adapter._Object | little_boxes_adapter._Activity
        )
        assert registered.ACTIVITY_TYPE.value == name


def test_types_keep_the_names_that_little_boxes_uses_in_its_code() -> None:
    assert little_boxes.ActivityType is little_boxes_adapter.Type
    for name in ("PERSON", "CREATE", "NOTE", "ORDERED_COLLECTION", "QUOTE_REQUEST"):
        assert little_boxes_adapter.Type[name].value == name.title().replace("_", "")


def test_an_extra_argument_named_self_would_break_the_constructor() -> None:
    """The reason to construct a skeleton and not the document."""
    token = little_boxes_adapter._backend.signer.set(ANN)
    try:
        with pytest.raises(TypeError):
            little_boxes.parse_activity(skeleton("Follow") | {"self": "x"})
    finally:
        little_boxes_adapter._backend.signer.reset(token)


STOCK = """
from little_boxes import activitypub as ap
from little_boxes.errors import BadActivityError, ActivityNotFoundError
class Backend(ap.BaseBackend):
    def fetch_iri(self, iri): return {"id": iri, "type": "Person"}
ap.use_backend(Backend())
"""


def stock(code: str) -> subprocess.CompletedProcess[str]:
    """Run code against little-boxes as it is, in a process of its own."""
    return subprocess.run([sys.executable, "-c", STOCK + code], capture_output=True, text=True, timeout=60, check=False)


def test_stock_little_boxes_prints_notes_and_knows_few_types() -> None:
    """A failure means that little-boxes has changed: see whether the adapter can become smaller."""
    note = "ap.parse_activity({'type': 'Note', 'id': 'x', 'actor': 'y', 'attributedTo': 'y', 'content': 'secret'})"
    assert "'type': 'Note'" in stock(note).stdout
    assert stock("print(len(ap.ActivityType))").stdout == "18\n"
    assert "no Service" in stock("try: ap.ActivityType('Service')\nexcept ValueError: print('no Service')").stdout


def test_our_adapter_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for name in sorted(type_names.KNOWN):
        little_boxes_adapter.construct({"type": name, "id": "x", "actor": ANN, "object": "y"}, ANN)
    assert capfd.readouterr() == ("", "")


def test_the_errors_of_little_boxes_are_as_we_catch_them() -> None:
    assert issubclass(UnexpectedActivityTypeError, BadActivityError)
    assert BadActivityError("text").message == "text"
