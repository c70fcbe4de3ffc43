"""Figures that are counted in the database when they are asked for: how many of what there is.

Every worker of a service gives the same ones; take the largest.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from shared.store.database import Document, describe

log = logging.getLogger(__name__)

_KEPT_SECONDS = 30.0
_READ_WITHIN_MS = 5_000


@dataclass(frozen=True)
class Measure:
    """One gauge: what it is called, what its label is, and how each value of it is read."""

    name: str
    about: str
    label: str
    read: Callable[[], Mapping[str, float]]


class StoreGauges(Collector):
    """Reads measures at most every 30 s. While the database is away they are missing, not zero."""

    def __init__(
        self, measures: Sequence[Measure], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._measures = measures
        self._clock = clock
        self._kept: list[tuple[Measure, Mapping[str, float]]] = []
        self._read_at = float("-inf")

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The names, without asking the database: that is what registering wants to know."""
        return [GaugeMetricFamily(m.name, m.about, labels=[m.label]) for m in self._measures]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The figures."""
        if self._clock() - self._read_at > _KEPT_SECONDS:
            try:
                self._kept = [(measure, measure.read()) for measure in self._measures]
            except PyMongoError as problem:
                log.warning("figures not read", extra={"why": describe(problem)})
                self._kept = []
            self._read_at = self._clock()
        for measure, values in self._kept:
            found = GaugeMetricFamily(measure.name, measure.about, labels=[measure.label])
            for value, count in values.items():
                found.add_metric([value], count)
            yield found


def counted(
    collection: Collection[Document], field: str, values: Sequence[str]
) -> Callable[[], Mapping[str, float]]:
    """Reads how many documents have each of these values: give it a field that has an index."""

    def read() -> Mapping[str, float]:
        return {
            value: collection.count_documents({field: value}, maxTimeMS=_READ_WITHIN_MS)
            for value in values
        }

    return read
