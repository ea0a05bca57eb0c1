from activitypub.network.schemes import KEEP_S, Schemes, other
from activitypub.signatures import Scheme


def test_draft_cavage_is_tried_first_where_nothing_is_known() -> None:
    assert Schemes().get("a.example", 0) is Scheme.CAVAGE


def test_what_worked_is_tried_first_the_next_time_for_a_week() -> None:
    schemes = Schemes()
    schemes.put("a.example", Scheme.RFC9421, 100)
    assert schemes.get("a.example", 100 + KEEP_S - 1) is Scheme.RFC9421
    assert schemes.get("b.example", 100) is Scheme.CAVAGE
    assert schemes.get("a.example", 100 + KEEP_S) is Scheme.CAVAGE


def test_a_host_that_takes_the_usual_scheme_again_is_forgotten() -> None:
    schemes = Schemes()
    schemes.put("a.example", Scheme.RFC9421, 0)
    schemes.put("a.example", Scheme.CAVAGE, 1)
    schemes.put("b.example", Scheme.CAVAGE, 1)
    assert schemes.get("a.example", 2) is Scheme.CAVAGE


def test_the_number_of_hosts_is_limited_and_the_oldest_goes_first() -> None:
    schemes = Schemes(max_hosts=2)
    for host in ("a", "b", "a", "c"):
        schemes.put(host, Scheme.RFC9421, 0)
    assert [schemes.get(host, 1) for host in ("a", "b", "c")] == [Scheme.RFC9421, Scheme.CAVAGE, Scheme.RFC9421]


def test_each_scheme_has_another() -> None:
    assert {other(scheme) for scheme in Scheme} == set(Scheme)
    assert all(other(other(scheme)) is scheme for scheme in Scheme)
