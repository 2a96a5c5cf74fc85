"""Traces, when there is somebody to send them to; else no exporter is even imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


def start(endpoint: str | None, role: str) -> Callable[[], None]:
    """Send traces from now on; returns what sends the last of them."""
    if endpoint is None:
        return lambda: None
    from opentelemetry import trace  # noqa: PLC0415 costs a third of a second
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"reference-app-{role}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _On.now = True
    return provider.shutdown


class _On:
    """Whether traces are sent."""

    now = False


@contextmanager
def span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """One step, below the one that the caller's headers name."""
    if not _On.now:
        yield
        return
    from opentelemetry import propagate, trace  # noqa: PLC0415

    tracer = trace.get_tracer(__name__)
    kind = trace.SpanKind.SERVER
    lower = {key.lower(): value for key, value in headers.items()}
    with tracer.start_as_current_span(name, context=propagate.extract(lower), kind=kind):
        yield


def headers() -> dict[str, str]:
    """What tells the next service which step this is."""
    carrier: dict[str, str] = {}
    if _On.now:
        from opentelemetry import propagate  # noqa: PLC0415

        propagate.inject(carrier)
    return carrier
