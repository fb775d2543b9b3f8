"""What may be committed: everything up to it is done."""

from framegate.ray.offsets import Offsets

HERE, THERE = ("pictures", 0), ("pictures", 1)


def test_nothing_is_ready_before_what_came_first():
    offsets = Offsets()
    first, second, third = (offsets.begin(HERE, at) for at in (10, 11, 15))
    second.done = third.done = True
    assert offsets.ready() == {}
    assert (len(offsets), offsets.undone) == (3, 1)
    first.done = True
    assert offsets.ready() == {HERE: 16}


def test_what_is_committed_is_forgotten_and_what_is_not_is_ready_again():
    offsets = Offsets()
    for at in (0, 1, 2):
        offsets.begin(HERE, at).done = at < 2
    offsets.begin(THERE, 7).done = True
    assert offsets.ready() == {HERE: 2, THERE: 8}
    offsets.committed(HERE, 2)
    assert offsets.ready() == {THERE: 8}
    assert len(offsets) == 2


def test_a_partition_that_went_is_nobodys():
    offsets = Offsets()
    late = offsets.begin(HERE, 0)
    offsets.forget(HERE)
    late.done = True
    offsets.committed(HERE, 1)
    assert (offsets.ready(), len(offsets)) == ({}, 0)
    # It came back, and begins at what was committed.
    offsets.begin(HERE, 0)
    assert (offsets.ready(), len(offsets)) == ({}, 1)
