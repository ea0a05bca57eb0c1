from benchmarks.watching import GRID_S, known


def test_between_two_looks_the_last_one_is_what_is_known() -> None:
    looks = [(10.0, 1.0), (10.025, 2.0)]
    found = known(looks, 10.0, 10.0 + 4 * GRID_S)
    assert [listed for _, listed in found] == [1.0, 1.0, 1.0, 2.0]
    assert [round(at - 10.0, 3) for at, _ in found] == [0.0, 0.01, 0.02, 0.03]


def test_a_server_that_does_not_answer_makes_the_whole_while_old() -> None:
    found = known([(10.0, 1.0), (11.0, 2.0)], 10.0, 11.5)
    assert [listed for _, listed in found].count(1.0) == round(1.0 / GRID_S)


def test_before_the_first_look_nothing_is_known() -> None:
    assert known([(10.0, 1.0)], 9.0, 10.0) == []
    assert known([], 9.0, 10.0) == []
