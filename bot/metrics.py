"""Numbers worth watching: counted always, published to Prometheus when METRICS_PORT is set.

They are counts, bytes and seconds, of the whole process: no channel, no person, no text.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine import Learned

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds of latencies, in seconds."""
RECENT = 2_000


class Latency:
    """How long something took: a histogram, and the latest few for a percentile."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0
        self.recent: deque[float] = deque(maxlen=RECENT)

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds
        self.recent.append(seconds)

    def percentile(self, share: float) -> float:
        """Of the latest ones, 0 when there are none."""
        ordered = sorted(self.recent.copy())
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(slots=True)
class Metrics:
    """What the service has counted since it was opened."""

    learned: int = 0
    removed: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """By the name of the error."""
    latency: dict[str, Latency] = field(default_factory=dict)
    """By verb: from being put in line to being done."""
    waited: Latency = field(default_factory=Latency)
    """In line."""
    models: int = 0
    model_bytes: int = 0

    def done(self, verb: str, waited: float, took: float, result: object) -> None:
        """A call was carried out."""
        self.waited.add(waited)
        self.latency.setdefault(verb, Latency()).add(waited + took)
        if isinstance(result, Learned):
            self.learned += result.added + result.changed

    def failed(self, verb: str, error: BaseException) -> None:
        """A call ended in an error."""
        self.errors[type(error).__name__] += 1


def publish(metrics: Metrics, port: int, gauges: Callable[[], dict[str, float]]) -> Callable[[], None]:
    """Serve the numbers at http://127.0.0.1:port/metrics until what is returned is called.

    `gauges` gives what is not counted but measured: name (with what it means behind a blank) and value.
    Raises ImportError without the package prometheus-client, OSError when the port is taken.
    """
    import prometheus_client
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    class Collector(prometheus_client.registry.Collector):
        """Reads the numbers when Prometheus asks."""

        def collect(self) -> Iterator[Any]:
            yield CounterMetricFamily("markov_messages_learned", "Messages learned or changed", metrics.learned)
            errors = CounterMetricFamily("markov_errors", "Calls of the engine that ended in an error", labels=["kind"])
            for kind, number in metrics.errors.copy().items():
                errors.add_metric([kind], number)
            yield errors
            latency = HistogramMetricFamily(
                "markov_call_seconds", "From being put in line to being done", labels=["verb"]
            )
            for verb, seen in metrics.latency.copy().items():
                counts, buckets = 0, []
                for bound, number in zip([*map(str, BUCKETS), "+Inf"], seen.counts, strict=True):
                    counts += number
                    buckets.append((bound, counts))
                latency.add_metric([verb], buckets, seen.total)
            yield latency
            for described, value in gauges().items():
                name, _, meaning = described.partition(" ")
                yield GaugeMetricFamily(f"markov_{name}", meaning, value)

    registry = prometheus_client.CollectorRegistry()
    registry.register(Collector())
    server, thread = prometheus_client.start_http_server(port, addr="127.0.0.1", registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
