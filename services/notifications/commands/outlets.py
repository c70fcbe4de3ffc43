"""Through what messages go out, and how."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from services.notifications.domain.limits import Limits
from services.notifications.domain.values import Channel, Language
from services.notifications.providers.several import Several
from services.notifications.rendering.links import LinkMaker

Providers = Mapping[Channel, Several[Any]]


@dataclass(frozen=True)
class Outlets:
    """Providers by channel, and what makes links. For one thread: providers' clients are.

    `key` makes the short addresses in texts, which lead on for `short_days` days.
    """

    providers: Providers
    links: LinkMaker
    key: str
    short_days: int = 90
    own: Mapping[str, Providers] = field(default_factory=dict)
    """Settings that send in their own name: id -> the channels that they have providers for."""
    allowed: Container[str] | None = None
    """Where set, nobody else is sent anything: addresses and numbers, as contacts keep them."""
    gather_for: timedelta = timedelta()
    limits: Limits = field(default_factory=Limits)
    pence_per_part: float = 0.0
    languages: frozenset[Language] = frozenset(Language)

    def of(self, setting_id: str) -> Providers:
        """A setting's own providers, the council's where it has none."""
        return {**self.providers, **self.own.get(setting_id, {})}

    def every(self) -> list[Several[Any]]:
        """All of them."""
        return [one for some in (self.providers, *self.own.values()) for one in some.values()]
