"""The routes below /api: who may ask, what is well formed, how long an answer may be kept.

`Cache-Control` is for the CDN, which obeys it: what is one user's is never kept by anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiohttp import web

from reference_app.profiles import Profiles
from reference_app.records import MOST, NEWEST, PAGE, DifferentError, Records
from reference_app.remote import Services
from reference_app.sessions import Sessions
from reference_app.settings import MODULES, Settings

OWN: Final = {"Cache-Control": "private, no-store"}
ONE: Final = {"Cache-Control": "no-store"}
LIST: Final = {"Cache-Control": "public, max-age=30"}
CONFIG: Final = {"Cache-Control": "public, max-age=300"}
LONGEST: Final = 200
LABELS: Final = 10
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Api:
    """One method a route."""

    settings: Settings
    sessions: Sessions
    profiles: Profiles
    records: Records
    services: Services

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        records = "/api/{module}/records"
        return [
            web.post("/api/sessions", self.log_in),
            web.get("/api/profile", self.profile),
            web.put("/api/profile", self.rename),
            web.get("/api/config", self.config),
            web.get(records, self.list_records),
            web.post(records, self.write_record),
            web.get(records + "/{id:[0-9]{1,18}}", self.one_record),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        """Start a session; who is new is signed up."""
        if "user" not in self.settings.modules:
            return await self.services.ask("user", request)
        email = text(await body(request), "email")
        if not EMAIL.fullmatch(email):
            raise web.HTTPBadRequest(text="email: allowed: an address")
        token = await self.sessions.start(email.lower())
        return web.json_response({"token": token}, status=201, headers=OWN)

    async def profile(self, request: web.Request) -> web.Response:
        """Who is asking, as they are known."""
        if "user" not in self.settings.modules:
            return await self.services.ask("user", request)
        found = await self.profiles.of(await self.user(request))
        return web.json_response(existing(found), headers=OWN)

    async def rename(self, request: web.Request) -> web.Response:
        """Write one's own profile."""
        if "user" not in self.settings.modules:
            return await self.services.ask("user", request)
        user = await self.user(request)
        found = await self.profiles.rename(user, text(await body(request), "name"))
        return web.json_response(existing(found), headers=OWN)

    async def config(self, _: web.Request) -> web.Response:
        """What all users share."""
        return web.json_response(await self.profiles.config(), headers=CONFIG)

    async def list_records(self, request: web.Request) -> web.Response:
        """A page of a module's records, newest first."""
        module = request.match_info["module"]
        if not self.here(module):
            return await self.services.ask(module, request)
        limit = number(request, "limit", PAGE, MOST)
        page = await self.records.page(module, number(request, "before", NEWEST, NEWEST), limit)
        return web.json_response(page, headers=LIST)

    async def one_record(self, request: web.Request) -> web.Response:
        """A record, as it is on the primary."""
        module = request.match_info["module"]
        if not self.here(module):
            return await self.services.ask(module, request)
        found = await self.records.one(module, int(request.match_info["id"]))
        return web.json_response(existing(found), headers=ONE)

    async def write_record(self, request: web.Request) -> web.Response:
        """Write a record once, however often it is sent."""
        module = request.match_info["module"]
        if not self.here(module):
            return await self.services.ask(module, request)
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= LONGEST:
            raise web.HTTPBadRequest(text=f"Idempotency-Key: allowed: 1 to {LONGEST} characters")
        user = await self.user(request)
        content = await body(request)
        try:
            record, made = await self.records.write(
                module, user, key, text(content, "title"), labels(content)
            )
        except DifferentError as error:
            raise web.HTTPUnprocessableEntity(
                text="Idempotency-Key: was used for another record"
            ) from error
        return web.json_response(record, status=201 if made else 200, headers=ONE)

    async def user(self, request: web.Request) -> int:
        """Who is asking."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = await self.sessions.user(token) if scheme.lower() == "bearer" and token else None
        if user is None:
            raise web.HTTPUnauthorized(
                text="no session", headers={"WWW-Authenticate": "Bearer"} | OWN
            )
        return user

    def here(self, module: str) -> bool:
        """Whether this process serves a module."""
        if module not in MODULES:
            raise web.HTTPNotFound(text="no such module")
        return module in self.settings.modules


def existing(found: T | None) -> T:
    """What was found."""
    if found is None:
        raise web.HTTPNotFound(text="not found")
    return found


async def body(request: web.Request) -> dict[str, Any]:
    """The object that was sent."""
    try:
        found = await request.json()
    except (ValueError, LookupError, RecursionError) as error:  # no JSON, no charset, too deep
        raise web.HTTPBadRequest(text="body: allowed: a JSON object") from error
    if not isinstance(found, dict):
        raise web.HTTPBadRequest(text="body: allowed: a JSON object")
    return found


def text(content: dict[str, Any], name: str) -> str:
    """A short text of an object."""
    found = content.get(name)
    if not _short(found):
        raise web.HTTPBadRequest(text=f"{name}: allowed: 1 to {LONGEST} characters")
    return str(found)


def labels(content: dict[str, Any]) -> list[str]:
    """The labels of a record; there may be none."""
    found = content.get("labels", [])
    if not isinstance(found, list) or len(found) > LABELS or not all(map(_short, found)):
        raise web.HTTPBadRequest(text=f"labels: allowed: up to {LABELS} short texts")
    return found


def number(request: web.Request, name: str, default: int, most: int) -> int:
    """A number of the query."""
    found = request.query.get(name, str(default))
    digits = found.isascii() and found.isdigit() and len(found) <= len(str(NEWEST))
    if not digits or not 1 <= int(found) <= most:
        raise web.HTTPBadRequest(text=f"{name}: allowed: 1 to {most}")
    return int(found)


def _short(found: object) -> bool:
    """A text that a column takes: PostgreSQL keeps no NUL, and UTF-8 no half of a pair."""
    if not isinstance(found, str) or not 1 <= len(found) <= LONGEST or "\0" in found:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in found)
