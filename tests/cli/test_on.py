"""`--on`: where a command's work runs."""

import pytest
import typer

from detector.cli.on import executor_on


def test_without_it_this_machine_does_the_work() -> None:
    assert executor_on(None, 2, None) is None


@pytest.mark.parametrize("on", ["ray", "ray://head:6379"])
def test_ray_is_named_with_or_without_an_address(on: str) -> None:
    # It connects when it is entered, not before.
    found = executor_on(on, 2, None)
    assert found is not None
    assert found.workers == 2


@pytest.mark.parametrize("on", ["", "spark", "ray://", "ray:head", "spark://head:7077"])
def test_what_is_not_known_is_refused(on: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"^'{on}' is neither ray nor ray://HOST:PORT$"):
        executor_on(on, 2, None)
