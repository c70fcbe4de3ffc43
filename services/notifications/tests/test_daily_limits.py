"""What counts towards a day's limits, where several senders count at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared import ids
from tests.support.house import Service

_SENDERS, _PEOPLE = 8, 40


@pytest.mark.parametrize(("most", "went_out"), [(_SENDERS, _SENDERS), (3, 3), (1, 1)])
def test_as_many_go_out_as_may_when_all_are_the_first_of_the_day(
    notifications: Service, most: int, went_out: int
) -> None:
    """The count of a day is made by the first that counts: a second at that moment was told that
    the limit is reached, and its message waited for the next morning."""
    volumes, together = notifications.store.volumes, Barrier(_SENDERS)

    def take(name: str) -> bool:
        together.wait()
        return bool(volumes.take_turn([(name, most)]))

    with ThreadPoolExecutor(_SENDERS) as senders:
        for _ in range(_PEOPLE):
            name = f"person:{ids.new_id()}"
            assert sum(senders.map(take, [name] * _SENDERS)) == went_out
