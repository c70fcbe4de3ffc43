"""The dashboards of Grafana, written from a few lines each: a title, an expression, a unit."""

import json
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT, _ACROSS = 8, 8, 3


@dataclass(frozen=True)
class Panel:
    """One graph: its series are named by `legend`."""

    title: str
    expression: str
    legend: str = "{{service}}"
    unit: str = "short"
    about: str = ""


_QUANTILE = "histogram_quantile({q}, sum by ({by}, le) (rate({name}_bucket[$__rate_interval])))"

DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "requests": ("SEN Support: requests", [
        Panel("Requests", "sum by (service) (rate(sen_http_requests_total[$__rate_interval]))",
              unit="reqps"),
        Panel("Errors (5xx), share", 'sum by (service) (rate(sen_http_requests_total{status=~"5.."}'
              "[$__rate_interval])) / sum by (service) (rate(sen_http_requests_total[$__rate_interval]))",
              unit="percentunit"),
        Panel("Refused (4xx)", 'sum by (service, status) (rate(sen_http_requests_total{status=~"4.."}'
              "[$__rate_interval]))", "{{service}} {{status}}", "reqps"),
        Panel("Time to answer, half", _QUANTILE.format(
            q=0.5, by="service", name="sen_http_request_seconds"), unit="s"),
        Panel("Time to answer, 99 of 100", _QUANTILE.format(
            q=0.99, by="service", name="sen_http_request_seconds"), unit="s"),
        Panel("The slowest routes, 99 of 100", "topk(10, " + _QUANTILE.format(
            q=0.99, by="service, route", name="sen_http_request_seconds") + ")",
            "{{service}} {{route}}", "s"),
    ]),
    "events": ("SEN Support: events", [
        Panel("Wait in outboxes", "max by (service) (sen_outbox_documents)",
              about="Documents with an event that the broker has not confirmed."),
        Panel("The oldest has waited", "max by (service) (sen_outbox_oldest_seconds)", unit="s"),
        Panel("Published", "sum by (service) (rate(sen_relay_published_total[$__rate_interval]))",
              unit="ops"),
        Panel("Events in one batch of the relay, half", _QUANTILE.format(
            q=0.5, by="service", name="sen_relay_batch_size")),
        Panel("Refused by the broker",
              "sum by (service, how) (rate(sen_relay_refused_total[$__rate_interval]))",
              "{{service}} {{how}}", "ops"),
        Panel("Wait in queues", 'max by (queue) (sen_queue_messages{queue=~".*[.]events"})',
              "{{queue}}"),
        Panel("How far behind", "max by (service) (sen_consumer_lag_seconds)", unit="s"),
        Panel("Handled", "sum by (service) (rate(sen_events_handled_total[$__rate_interval]))",
              unit="ops"),
        Panel("Met again and passed over",
              "sum by (service) (rate(sen_events_duplicate_total[$__rate_interval]))", unit="ops"),
        Panel("Tries that failed", "sum by (type, fate) (rate(sen_events_failed_total[$__rate_interval]))",
              "{{type}} {{fate}}", "ops"),
        Panel("Time for one batch, 99 of 100", _QUANTILE.format(
            q=0.99, by="service", name="sen_events_batch_seconds"), unit="s"),
        Panel("One look of the calendar, 99 of 100", _QUANTILE.format(
            q=0.99, by="job", name="sen_job_seconds"), "{{job}}", "s"),
        Panel("Failed by themselves, and passed over",
              "sum by (service, work) (rate(sen_items_failed_total[$__rate_interval]))",
              "{{service}} {{work}}", "ops"),
        Panel("Changes of stored documents under way", "max by (service) (sen_stored_changes_unfinished)"),
        Panel("Dead letters", 'max by (queue) (sen_queue_messages{queue=~".*[.]dead"})', "{{queue}}"),
    ]),
    "families": ("SEN Support: what families are told, and what waits", [
        Panel("Handed over", "sum by (channel, purpose) (rate(sen_messages_handed_over_total[$__rate_interval]))",
              "{{channel}} {{purpose}}", "ops"),
        Panel("Within 10 s of the event", 'sum(rate(sen_message_hand_over_seconds_bucket{le="10.0"}[1h]))'
              " / sum(rate(sen_message_hand_over_seconds_count[1h]))", "share", "percentunit",
              "The goal is 99.9%."),
        Panel("On their way", "max by (state) (sen_messages_waiting)", "{{state}}"),
        Panel("Attempts that failed", "sum by (failure) (rate(sen_message_attempts_failed_total[$__rate_interval]))",
              "{{failure}}", "ops"),
        Panel("Providers: in use", "max by (provider) (sen_provider_has_turn)", "{{provider}}"),
        Panel("Providers: failures", "sum by (provider, failure) (rate(sen_provider_failures_total[$__rate_interval]))",
              "{{provider}} {{failure}}", "ops"),
        Panel("Providers: taken", "sum by (provider) (rate(sen_provider_handed_over_total[$__rate_interval]))",
              "{{provider}}", "ops"),
        Panel("Texts cost, pence an hour", "sum by (provider) (increase(sen_message_cost_pence_total[1h]))",
              "{{provider}}"),
        Panel("Put off by a daily limit", "sum(increase(sen_messages_held_back_total[1h]))", "messages"),
        Panel("Bounces read", "sum by (what) (increase(sen_bounce_mails_read_total[1h]))", "{{what}}"),
        Panel("Texts that came back", "sum by (what) (increase(sen_texts_received_total[1h]))", "{{what}}"),
        Panel("Reviews to be held or decided", "max by (state) (sen_reviews)", "{{state}}"),
        Panel("Referrals with services", "max by (status) (sen_referrals)", "{{status}}"),
        Panel("Plans in force", "max by (state) (sen_plans)", "{{state}}"),
    ]),
}  # fmt: skip


def dashboard(name: str) -> str:
    """One dashboard as Grafana imports it."""
    title, panels = DASHBOARDS[name]
    made: dict[str, Any] = {
        "uid": f"sen-{name}", "title": title, "tags": ["sen-support"], "schemaVersion": 39,
        "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "editable": True,
        "templating": {"list": [{
            "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus",
        }]},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }  # fmt: skip
    return json.dumps(made, indent=1) + "\n"


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number + 1, "type": "timeseries", "title": panel.title, "description": panel.about,
        "datasource": source,
        "gridPos": {"x": number % _ACROSS * _WIDTH, "y": number // _ACROSS * _HEIGHT, "w": _WIDTH,
                    "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "datasource": source, "expr": panel.expression,
                     "legendFormat": panel.legend}],
    }  # fmt: skip
