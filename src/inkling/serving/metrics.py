"""The service's counters in Prometheus format."""

import os
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Seconds. A thumbnail takes 1 ms, a phone's photo 50 ms.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# The library's name for the folder through whose files the workers share their counters.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The counters of one worker; `text` adds up the counters of all workers."""

    def __init__(self, in_use: Callable[[], int]) -> None:
        """`in_use` returns the current number of admission slots in use."""
        self._registry = CollectorRegistry()
        self._in_use = in_use
        self.requests = Counter(
            "inkling_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "inkling_request_seconds",
            "Time from the request's head to the end of the response.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.verdicts = Counter(
            "inkling_verdicts_total",
            "Images read, by verdict.",
            ("verdict",),
            registry=self._registry,
        )
        self.rejected = Counter(
            "inkling_rejected_total",
            "Read requests rejected because the queue or the body memory was full.",
            registry=self._registry,
        )
        self.in_progress = Gauge(
            "inkling_images_in_progress",
            "Admission slots in use. A batch uses at most half of the capacity.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

    def text(self) -> bytes:
        """All counters as text."""
        self.in_progress.set(self._in_use())
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        all_workers = CollectorRegistry()
        MultiProcessCollector(all_workers)
        return generate_latest(all_workers)
