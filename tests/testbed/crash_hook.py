"""A hook of pytest's: a program that crashes fails the test that it ran in, whoever looks at it."""

from collections.abc import Iterator

import pytest

from testbed import crashes


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Around the ends of all fixtures that end here, also of those of a module's tests."""
    try:
        result = yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        _tell(f"\n\nand at the test's end: {error}")
        raise
    _tell("")
    return result


def _tell(more: str) -> None:
    seen = crashes.take()
    if seen:
        pytest.fail("crashed: " + "\n".join(seen) + more, pytrace=False)
