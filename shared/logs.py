"""JSON logs on standard error: one line a fact, with the trace and the correlation id.

Logs carry ids, never names, contact details or free text.
"""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from shared import context, trace


class _Work(logging.Filter):
    """Adds the work in hand to every line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def filter(self, record: logging.LogRecord) -> bool:
        work = context.current()
        record.service = self.service
        record.correlation_id = work.correlation_id
        record.trace_id = trace.trace_id(work.traceparent)
        return True


def formatter(more: str = "") -> JsonFormatter:
    """How a line is written; `more` are fields besides its level, logger and message."""
    return JsonFormatter(
        "{levelname}{name}{message}" + more,
        style="{",
        timestamp=True,
        rename_fields={"levelname": "level", "name": "logger"},
    )


def configure(service: str, level: str) -> None:
    """Send all logging of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Work(service))
    handler.setFormatter(formatter("{service}{correlation_id}{trace_id}"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("pymongo").setLevel(logging.WARNING)
    for quiet in ("amqp", "kombu", "fontTools", "weasyprint"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
