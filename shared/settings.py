"""Settings: environment variables, read once and checked when the process starts."""

from dataclasses import dataclass, field

from environs import Env, EnvError
from marshmallow.validate import Length, OneOf, Range

from shared.messaging import address


def environment() -> Env:
    """A reader of `SEN_…` variables; a secret may come as the content of `SEN_…_FILE`."""
    return Env(prefix="SEN_", expand_vars=False)


def secret(env: Env, name: str, default: str | None = None) -> str:
    """The secret `SEN_<name>`, or the content of the file that `SEN_<name>_FILE` names.

    Raises EnvError where neither is set and there is no default.
    """
    path = env.str(f"{name}_FILE", "")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as problem:
            raise EnvError(f"SEN_{name}_FILE: {problem}") from problem
    return env.str(name) if default is None else env.str(name, default)


def _broker(url: str) -> str:
    try:
        address.split(url)
    except ValueError as problem:
        raise EnvError(f"SEN_AMQP_URL: {problem}") from problem
    return url


@dataclass(frozen=True)
class Settings:
    """What every service's api and worker need to know."""

    service: str
    mongodb_url: str
    mongodb_database: str
    amqp_url: str
    token_issuer: str
    token_audience: str
    jwks_url: str
    link_keys: tuple[str, ...]
    link_days: int
    """How many days a signed link opens what it names."""
    public_urls: dict[str, str]
    """Where people reach each service's pages: links in messages start with these."""
    jobs_every: float
    """Seconds between two looks of the calendar jobs."""
    worker_host: str
    worker_port: int
    """Where the worker answers /healthz, /readyz and /metrics; 0 for nowhere."""
    prefetch: int
    max_tries: int
    log_level: str
    max_body: int
    """Bytes of a request's body that are read at most."""
    max_upload: int = 10_000_000
    """Bytes of a file that is sent at most."""
    live_streams: int = 4
    """How many may follow changes at once at one process; 0 for nobody."""
    oidc_metadata_url: str = ""
    """The issuer's `/.well-known/openid-configuration`; empty where nobody signs in to pages."""
    oidc_client_id: str = "sen-support"
    oidc_client_secret: str = ""
    """Empty for a public client, whom PKCE alone protects."""
    oidc_scopes: str = "openid profile"
    secure_cookies: bool = True
    service_urls: dict[str, str] = field(default_factory=dict)
    """Where this service reaches the others' APIs."""
    traces_url: str = ""
    """Where spans are sent (OTLP over HTTP); empty for nowhere."""
    traces_ratio: float = 1.0
    """The part of the traces begun here that is kept."""


def read_settings(service: str, env: Env | None = None) -> Settings:
    """Read and check the settings of `service`.

    Raises EnvError, in words that name the variable, when one is missing or wrong.
    """
    env = env or environment()
    keys = tuple(key for key in secret(env, "LINK_KEYS").split(",") if key)
    if not keys or any(len(key) < 32 for key in keys):
        raise EnvError("SEN_LINK_KEYS: one or more keys of 32 characters or more, by commas")
    public_urls = {
        name: env.str(f"{name.upper()}_PUBLIC_URL").rstrip("/")
        for name in ("plans", "reviews", "referrals", "notifications")
    }
    return Settings(
        service=service,
        mongodb_url=secret(env, "MONGODB_URL"),
        mongodb_database=env.str("MONGODB_DATABASE", f"sen_{service}", validate=Length(1, 38)),
        amqp_url=_broker(secret(env, "AMQP_URL")),
        token_issuer=env.str("TOKEN_ISSUER"),
        token_audience=env.str("TOKEN_AUDIENCE", "sen-support"),
        jwks_url=env.str("JWKS_URL"),
        link_keys=keys,
        link_days=env.int("LINK_DAYS", 90, validate=Range(1, 366)),
        public_urls=public_urls,
        jobs_every=env.float("JOBS_EVERY_SECONDS", 60.0, validate=Range(0.1, 3600)),
        worker_host=env.str("WORKER_HOST", "127.0.0.1"),
        worker_port=env.int("WORKER_PORT", 0, validate=Range(0, 65535)),
        prefetch=env.int("PREFETCH", 100, validate=Range(1, 500)),
        max_tries=env.int("MAX_TRIES", 12, validate=Range(1, 100)),
        log_level=env.str(
            "LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
        ),
        max_body=env.int("MAX_BODY_BYTES", 1_000_000, validate=Range(1_000, 20_000_000)),
        max_upload=env.int("MAX_UPLOAD_BYTES", 10_000_000, validate=Range(1_000, 100_000_000)),
        live_streams=env.int("LIVE_STREAMS", 4, validate=Range(0, 1000)),
        oidc_metadata_url=env.str("OIDC_METADATA_URL", ""),
        oidc_client_id=env.str("OIDC_CLIENT_ID", "sen-support"),
        oidc_client_secret=secret(env, "OIDC_CLIENT_SECRET", ""),
        oidc_scopes=env.str("OIDC_SCOPES", "openid profile"),
        secure_cookies=env.bool("SECURE_COOKIES", True),
        service_urls={
            name: env.str(f"{name.upper()}_URL", url).rstrip("/")
            for name, url in public_urls.items()
        },
        traces_url=env.str("TRACES_URL", ""),
        traces_ratio=env.float("TRACES_RATIO", 1.0, validate=Range(0, 1)),
    )
