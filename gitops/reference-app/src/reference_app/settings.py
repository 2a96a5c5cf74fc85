"""What the environment and the mounted files say, read once, before anything is opened.

The only room that knows their names. A bad value is refused in one line that names the variable or
the file, what was found and what is allowed. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODULES: Final = (
    "user", "payment", "notification", "product", "order", "analytics", "search", "file",
)  # fmt: skip
"""The services of the documents, in the order in which they are extracted."""
NO_MODULE: Final = "none"
"""What the web tier serves of them once all are services of their own."""
DIRECT, POOLER, MANAGED = "direct", "pooler", "managed"
IN_CLUSTER: Final = "in-cluster"
POSTGRES_PORT: Final = 5432
MANAGED_POOL_PORT: Final = 6432
USER: Final = "app"


class RefusedError(Exception):
    """A value that must not be; the message is the one line that is printed."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A database, as seen from here."""

    host: str
    port: int
    name: str
    password: str
    ca: Path | None
    """The authority of its certificate; without one there is no TLS: only inside the cluster."""

    def parameters(self) -> dict[str, str | int]:
        """What libpq needs to connect."""
        tls: dict[str, str | int] = {"sslmode": "disable"}
        if self.ca is not None:
            tls = {"sslmode": "verify-ca", "sslrootcert": str(self.ca)}
        return tls | {
            "host": self.host, "port": self.port, "dbname": self.name, "user": USER,
            "password": self.password, "connect_timeout": 5,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Where some of the modules live."""

    key: str
    primary: Server
    replicas: tuple[Server, ...]


@dataclass(frozen=True, kw_only=True)
class CacheServer:
    """The cache, as seen from here."""

    host: str
    port: int
    password: str | None
    ca: Path | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that a process has to know."""

    modules: frozenset[str]
    shards: tuple[Shard, ...]
    pool: int
    """Connections to one database that a process keeps at most."""
    cache: CacheServer
    service_url: str
    lag_tolerance_s: float
    drain_s: float
    port: int
    metrics_port: int
    traces: str | None

    def shard_of(self, module: str) -> Shard:
        """Payments are the first to leave; all else stays where it was."""
        return self.shards[-1] if module == "payment" else self.shards[0]


class Reader:
    """Values by name, each checked as it is read."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._facts = Path(environ.get("FACTS_DIR", "/etc/palier/facts"))
        self._secrets = Path(environ.get("SECRETS_DIR", "/etc/palier/secrets"))

    def text(self, name: str, default: str = "") -> str:
        """A value as it is, without the blanks around it."""
        return self._environ.get(name, default).strip()

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        found = self.text(name)
        if found not in allowed:
            raise RefusedError(f'{name} is "{found}"; allowed: {", ".join(allowed)}')
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """A list with commas; nothing twice."""
        found = tuple(filter(None, (part.strip() for part in self.text(name).split(","))))
        if len(set(found)) != len(found):
            raise RefusedError(f'{name} is "{",".join(found)}"; allowed: each name once')
        return found

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number between two others."""
        text = self.text(name) or str(default)
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not low <= found <= high:
            raise RefusedError(f'{name} is "{text}"; allowed: {low:g} to {high:g}')
        return found

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A number without a fraction."""
        found = self.number(name, default, low, high)
        if found != int(found):
            raise RefusedError(f'{name} is "{found:g}"; allowed: a whole number')
        return int(found)

    def port(self, name: str, default: int) -> int:
        """A number of a port."""
        return self.whole(name, default, 1, 65535)

    def fact(self, key: str) -> str:
        """What a fact says."""
        return self._content(self._facts / key)

    def certificate(self, key: str) -> Path:
        """The file of a certificate: libraries want its path."""
        self._content(self._facts / key)
        return self._facts / key

    def secret(self, key: str) -> str:
        """What a secret says."""
        return self._content(self._secrets / key)

    @staticmethod
    def _content(file: Path) -> str:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise RefusedError(f"{file}: {(error.strerror or str(error)).lower()}") from error
        if not found:
            raise RefusedError(f"{file}: empty")
        return found


def read(environ: Mapping[str, str]) -> Settings:
    """What a process of the application has to know.

    Raises:
        RefusedError: a value is missing, or must not be.
    """
    reader = Reader(environ)
    modules = reader.names("MODULES") or MODULES
    if modules == (NO_MODULE,):
        modules = ()
    for module in modules:
        if module not in MODULES:
            allowed = ", ".join((*MODULES, f"{NO_MODULE} alone"))
            raise RefusedError(f'MODULES has "{module}"; allowed: {allowed}')
    url = reader.text("SERVICE_URL", "http://{module}-service")
    if "{module}" not in url:
        raise RefusedError(f'SERVICE_URL is "{url}"; allowed: an address with {{module}} in it')
    return Settings(
        modules=frozenset(modules),
        shards=_shards(reader, reader.choice("DATABASE_MODE", (DIRECT, POOLER, MANAGED))),
        pool=reader.whole("DATABASE_POOL", 5, 1, 100),
        cache=_cache(reader),
        service_url=url,
        lag_tolerance_s=reader.number("LAG_TOLERANCE_S", 5, 0, 3600),
        drain_s=reader.number("DRAIN_S", 20, 0, 600),
        port=reader.port("PORT", 8080),
        metrics_port=reader.port("METRICS_PORT", 9090),
        traces=reader.text("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
    )


def primaries(environ: Mapping[str, str]) -> tuple[Shard, ...]:
    """The primaries themselves, past any pooler: migrations need sessions of their own.

    Raises:
        RefusedError: a value is missing, or must not be.
    """
    return _shards(Reader(environ), DIRECT, replicas=())


def _shards(
    reader: Reader, mode: str, replicas: tuple[str, ...] | None = None
) -> tuple[Shard, ...]:
    keys = reader.names("DATABASE_SHARDS")
    if not keys:
        raise RefusedError('DATABASE_SHARDS is ""; allowed: names of shards with commas')
    replicas = reader.names("DATABASE_REPLICAS") if replicas is None else replicas
    if mode != POOLER:
        usual = MANAGED_POOL_PORT if mode == MANAGED else POSTGRES_PORT
        port = reader.port("DATABASE_PORT", usual)
        return tuple(_by_facts(reader, key, replicas, port) for key in keys)
    return tuple(_by_pooler(reader, key, keys[0], replicas=bool(replicas)) for key in keys)


def _by_facts(reader: Reader, key: str, replicas: tuple[str, ...], port: int) -> Shard:
    password = reader.secret(f"database-{key}")

    def server(named: str) -> Server:
        return Server(
            host=reader.fact(f"{named}-host"), port=port, name=USER, password=password,
            ca=reader.certificate(f"{named}-ca"),
        )  # fmt: skip

    return Shard(
        key=key,
        primary=server(f"database-{key}"),
        replicas=tuple(server(f"database-{key}-{replica}") for replica in replicas),
    )


def _by_pooler(reader: Reader, key: str, first: str, *, replicas: bool) -> Shard:
    """One pooler for all shards knows one password of the user: the first shard's."""
    host, port = reader.text("POOLER_HOST", "pgbouncer"), reader.port("POOLER_PORT", POSTGRES_PORT)
    password = reader.secret(f"database-{first}")
    names = (key, f"{key}-ro") if replicas else (key,)
    primary, *others = (
        Server(host=host, port=port, name=name, password=password, ca=None) for name in names
    )
    return Shard(key=key, primary=primary, replicas=tuple(others))


def _cache(reader: Reader) -> CacheServer:
    if reader.choice("CACHE_MODE", (IN_CLUSTER, MANAGED)) == IN_CLUSTER:
        return CacheServer(
            host=reader.text("CACHE_HOST", "valkey"), port=reader.port("CACHE_PORT", 6379),
            password=None, ca=None,
        )  # fmt: skip
    named = f"cache-{reader.text('SITE')}"
    port = reader.fact(f"{named}-port")
    if not port.isdigit():
        raise RefusedError(f'{named}-port is "{port}"; allowed: a port')
    return CacheServer(
        host=reader.fact(f"{named}-host"), port=int(port), password=reader.secret(named),
        ca=reader.certificate(f"{named}-ca"),
    )  # fmt: skip
