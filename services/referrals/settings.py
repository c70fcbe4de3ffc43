"""What this service needs to know beside what all do: its scanner, its webhooks, its promises."""

from dataclasses import dataclass

from environs import Env
from marshmallow.validate import Range

from services.referrals.providers.scanner import ClamAv, NoScanner, Scanner
from shared.settings import environment


@dataclass(frozen=True)
class ReferralSettings:
    """`clamd` is a host and port where a ClamAV daemon answers."""

    clamd: tuple[str, int] | None = None
    private_webhooks: bool = False
    """Whether webhooks may call addresses inside, and without TLS: on a developer's machine."""
    update_every_days: int = 14
    """[ours] Setting and family hear of what waits at least so often."""

    def scanner(self) -> Scanner:
        """What looks at files."""
        return ClamAv(*self.clamd) if self.clamd else NoScanner()


def read_referral_settings(env: Env | None = None) -> ReferralSettings:
    """Read and check them. Raises EnvError in words that name the variable."""
    env = env or environment()
    host = env.str("CLAMD_HOST", "")
    port = env.int("CLAMD_PORT", 3310, validate=Range(1, 65535))
    return ReferralSettings(
        clamd=(host, port) if host else None,
        private_webhooks=env.bool("PRIVATE_WEBHOOKS", False),
        update_every_days=env.int("UPDATE_EVERY_DAYS", 14, validate=Range(1, 90)),
    )
