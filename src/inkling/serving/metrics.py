"""What the service counts, in the form that Prometheus reads."""

import os
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Seconds. A thumbnail takes 1 ms, a phone's photo 50 ms; one second is trouble.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# The library's own name: where workers share their counts through files in this folder.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The counters of one worker; `text` adds up those of all workers."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        """`waiting` tells how many places are taken just now."""
        self._registry = CollectorRegistry()
        self._waiting = waiting
        self.requests = Counter(
            "inkling_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "inkling_request_seconds",
            "From the request's head to the answer's end.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.verdicts = Counter(
            "inkling_verdicts_total",
            "Pictures read, by verdict.",
            ("verdict",),
            registry=self._registry,
        )
        self.refused = Counter(
            "inkling_refused_total",
            "Readings turned away because too many pictures were waiting or arriving.",
            registry=self._registry,
        )
        self.places = Gauge(
            "inkling_pictures_at_once",
            "Pictures being read or waiting; a batch counts for half of the places at most.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Everything counted so far."""
        self.places.set(self._waiting())
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
