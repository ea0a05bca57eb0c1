import pytest

from fedistream.metrics.cmcd import MAX_ID, from_texts, from_values
from fedistream.metrics.structured_fields import NotStructured
from fedistream.metrics.values import Report

SESSION = "6e2fb550-c457-11e9-bb97-0800200c9a66"


def test_a_report_of_version_1_is_read_from_a_query() -> None:
    report = from_texts((f'br=3200,bs,mtp=25400,ot=v,sid="{SESSION}"',))
    assert report == Report(SESSION, bandwidth_kbps=25400, bitrate_kbps=3200, errors=1)


def test_a_report_of_version_2_is_read_with_lists_and_milliseconds() -> None:
    report = from_texts((f'br=(2400;v 128;a),ltc=2500,ttlb=400,sta=p,mtp=(9000),ec=("E1" "E2"),sid="{SESSION}",v=2',))
    assert report == Report(SESSION, "p", 9000, 2400, 2.5, 0.4, errors=2)


def test_headers_are_one_report() -> None:
    report = from_texts(("br=3200,d=4004", "mtp=25400", f'sid="{SESSION}"', "bs"))
    assert (report.bitrate_kbps, report.bandwidth_kbps, report.session, report.errors) == (3200, 25400, SESSION, 1)


@pytest.mark.parametrize(("state", "known"), [*zip("pakwrsdeqf", "pakwwwweee", strict=True), ("x", ""), (1, "")])
def test_states_are_grouped_as_owncast_does(state: object, known: str) -> None:
    assert from_values({"sta": state}).state == known


@pytest.mark.parametrize("value", ["3200", True, None, -1, 1e30, {}, [], [[1]], ["x"], {"v": 1}, float("inf")])
def test_a_value_of_another_type_or_out_of_range_is_left_out(value: object) -> None:
    names = ("br", "mtp", "ltc", "ttlb", "sid", "sta")
    assert from_values({name: value for name in names if name != "sid" or value != "3200"}) == Report()


def test_a_session_is_cut_and_a_fatal_error_counts_once() -> None:
    assert from_values({"sid": "x" * 500}).session == "x" * MAX_ID
    assert from_values({"sta": "f"}).errors == 1
    assert from_values({"sta": "f", "ec": ["A"]}).errors == 1
    assert from_values({"ec": ["A"] * 5_000}).errors == 1_000


def test_the_bitrate_of_sound_is_not_that_of_the_video() -> None:
    assert not from_values({"ot": "a", "br": 128}).is_video
    assert from_values({"ot": "av", "br": 1280}).is_video


def test_what_is_no_dictionary_is_refused() -> None:
    with pytest.raises(NotStructured):
        from_texts(("br=",))
