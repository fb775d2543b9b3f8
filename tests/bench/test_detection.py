"""What a frame took beyond a loop that has the same work."""

from bench.detection import Timed, added


def test_a_frame_that_waits_for_nobody_took_what_was_not_work() -> None:
    assert added([Timed(0, 12, 10), Timed(100, 111, 10)]) == [2, 1]


def test_waiting_for_the_picture_before_is_the_loops_wait_too() -> None:
    # The second comes 6 ms before the first is done, and is worked on for 10 ms after that.
    assert added([Timed(0, 10, 10), Timed(4, 20.5, 10)]) == [0, 0.5]


def test_what_the_gateway_added_to_one_is_charged_to_those_that_waited_behind_it() -> None:
    assert added([Timed(0, 15, 10), Timed(4, 25, 10), Timed(50, 60, 10)]) == [5, 5, 0]


def test_work_on_two_pictures_at_once_is_less_than_the_loop_takes() -> None:
    assert added([Timed(0, 10, 10), Timed(0, 11, 10)]) == [0, -9]
