"""Which backend holds a state: its URL as the CLI finds it, taken apart, shown without secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from palier.errors import PalierError, require
from palier.project import PROJECT_FILE, read_yaml

SHOWN_PARAMETERS: Final = (
    "endpoint", "region", "s3ForcePathStyle", "use_path_style", "disableSSL", "disable_https",
)  # fmt: skip
"""Query parameters that say where a bucket is. Any other might say how it is entered."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A backend's URL in parts. `bucket` is a folder for `file`; `prefix` is empty or ends in /."""

    scheme: str
    bucket: str
    prefix: str
    query: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The URL without what may be a credential: for messages, manifests and `pulumi login`."""
        path = "/" + self.prefix.rstrip("/") if self.prefix else ""
        url = f"{self.scheme}://{quote(self.bucket)}{quote(path)}"
        query = {key: self.query[key] for key in SHOWN_PARAMETERS if key in self.query}
        if "endpoint" in query:
            scheme, slashes, host = query["endpoint"].rpartition("://")
            query["endpoint"] = f"{scheme}{slashes}{host.rsplit('@', 1)[-1]}"
        return f"{url}?{urlencode(query, safe=':/')}" if query else url


def resolve(option: str | None, start: Path) -> Address:
    """The backend of a command: `--backend`, else what the CLI would use in this folder.

    Raises:
        PalierError: there is none, or it is none that palier can read.
    """
    url = option or os.environ.get("PULUMI_BACKEND_URL") or _of_project(start) or _logged_in()
    if not url:
        raise PalierError(
            "no backend: pass --backend URL, set PULUMI_BACKEND_URL, or run `pulumi login URL`"
        )
    return parse(url)


def parse(url: str) -> Address:
    """Take a backend's URL apart.

    Raises:
        PalierError: it is of a service that palier cannot read, or names no place.
    """
    scheme = url.partition("://")[0]
    require(
        scheme not in {"http", "https"},
        f"{_bare(url)}: Pulumi Cloud keeps its own history; palier state is for file://, s3://, gs://",
    )
    require(scheme in {"file", "s3", "gs"} and "://" in url,
            f"backend {_bare(url)!r}: expected file://, s3:// or gs://")  # fmt: skip
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    inner = query.pop("prefix", "")
    if scheme == "file":
        path = url.removeprefix("file://").partition("?")[0]
        require(bool(path), "backend file://: expected a folder after it, as in file://~")
        return Address(scheme=scheme, bucket=_absolute(path), prefix=inner, query=query)
    bucket = parts.netloc.rsplit("@", 1)[-1]
    require(bool(bucket), f"backend {_bare(url)!r}: expected the name of a bucket after ://")
    folder = parts.path.strip("/")
    return Address(
        scheme=scheme, bucket=bucket, prefix=inner + (f"{folder}/" if folder else ""), query=query
    )


def _bare(url: str) -> str:
    """A URL without user, password and query."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rsplit('@', 1)[-1]}" if rest else scheme


def _absolute(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 as the CLI does: links stay


def _of_project(start: Path) -> str | None:
    file = project_file(start)
    content = read_yaml(file) if file else None
    backend = content.get("backend") if isinstance(content, dict) else None
    url = backend.get("url") if isinstance(backend, dict) else None
    return url if isinstance(url, str) else None


def project_file(start: Path) -> Path | None:
    """The nearest `Pulumi.yaml` in a folder or above, if there is one."""
    here = start.resolve()
    files = (folder / PROJECT_FILE for folder in (here, *here.parents))
    return next((file for file in files if file.is_file()), None)


def _logged_in() -> str | None:
    """What `pulumi login` left."""
    home = os.environ.get("PULUMI_CREDENTIALS_PATH") or os.environ.get("PULUMI_HOME")
    file = (Path(home) if home else Path.home() / ".pulumi") / "credentials.json"
    try:
        current = json.loads(file.read_text(encoding="utf-8")).get("current")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError):
        raise PalierError(f"{file}: unreadable; pass --backend URL") from None
    return current if isinstance(current, str) else None
