"""Rules for one value (enum, range, pattern, format), as the GCP provider, written in Go, has them.

The names of rules and formats are those of `gcp-schema.json`, and so are the messages. What is
here only says which message applies, and what to put into it besides the name and the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

Rule = Mapping[str, Any]

_FIELD: Final = re.compile(r'"\{(\w+)\}"|\{(\w+)\}')
_GO_DIFFERS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_CIDR: Final = re.compile(r"([0-9.]+|[0-9a-fA-F:.]+)/[0-9]+")
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HOURLY: Final = re.compile(r"([01]?[0-9]|2[0-3]):00")
_DURATION_PART: Final = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)")
_DURATION_UNITS: Final = frozenset({"ns", "us", "µs", "μs", "ms", "s", "m", "h"})
_MEMBER: Final = re.compile(
    ".+:.+|projectOwners|projectReaders|projectWriters|allUsers|allAuthenticatedUsers"
)
_ROTATION: Final = re.compile(r"([0-9]+(?:\.[0-9]{1,9})?|\.[0-9]{1,9})s")
_BASE64: Final = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
)
_PRIVATE_NETWORKS: Final = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_PRIVATE_ASNS: Final = (range(64512, 65535), range(4200000000, 4294967295), range(16550, 16551))
_HIGHEST_GOAL: Final = 0.9999
_DAY: Final = 86400


@dataclass(frozen=True)
class Broken:
    """A rule that a value breaks.

    `key` is the message in `messages` or `formats` of the data, `number` which one where a format
    has several, `fields` what to put into it.
    """

    key: str
    number: int = 0
    fields: Mapping[str, object] = field(default_factory=dict)


def fill(template: str, fields: Mapping[str, object]) -> str:
    """Put `fields` into the `{places}` of a message; those between quotes are quoted as in Go."""

    def put(match: re.Match[str]) -> str:
        quoted, plain = match.groups()
        text = _shown(fields[quoted or plain])
        return _quoted(text) if quoted else text

    return _FIELD.sub(put, template)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6f}" if isinstance(value, float) else str(value)


@cache
def re2(pattern: str) -> re.Pattern[str]:
    """Compile a pattern written for Go: `$` is the end of the text, and letters are ASCII."""

    def translate(match: re.Match[str]) -> str:
        return r"\Z" if match[0] in {"$", r"\z"} else match[0]

    return re.compile(_GO_DIFFERS.sub(translate, pattern), re.ASCII)


def judge(value: Any, rule: Rule) -> Broken | None:  # noqa: ANN401 - a scalar of any type
    """Tell the first rule that a value of the right type breaks."""
    if rule.get("orEmpty") and value == "":
        return None
    broken = (test(value, rule) for key, test in _RULES.items() if key in rule)
    return next(filter(None, broken), None)


def refused_key(key: str, rule: Rule) -> bool:
    """Tell whether a map may not have this key."""
    must, must_not = rule.get("keyPattern", ""), rule.get("keyNotPattern")
    return not re2(must).search(key) or bool(must_not and re2(must_not).search(key))


def _enum(value: object, rule: Rule) -> Broken | None:
    if value in rule["enum"]:
        return None
    values = " ".join(_quoted(str(allowed)) for allowed in rule["enum"])
    return Broken("enum", fields={"values": f"[{values}]"})


def _range(value: float, rule: Rule) -> Broken | None:
    """Judge a number; none of the ranges in the data is open below."""
    number = float if rule["type"] == "number" else int
    low, high = rule["range"]
    if high is None:
        return None if low <= value else Broken("rangeFrom", fields={"min": number(low)})
    fields = {"min": number(low), "max": number(high)}
    return None if low <= value <= high else Broken("range", fields=fields)


def _length(value: str, rule: Rule) -> Broken | None:
    """Judge a length in bytes; beside a pattern the provider says it in other words."""
    low, high = rule["length"]
    size = len(value.encode(errors="surrogatepass"))
    if (low or 0) <= size <= (size if high is None else high):
        return None
    key = "length" if "pattern" in rule else "lengthSecurityPolicyAndDescription"
    return Broken(key, fields={"min": low or 0, "max": high})


def _pattern(value: str, rule: Rule) -> Broken | None:
    """Judge a pattern; beside a length the provider says it in other words."""
    if re2(rule["pattern"]).search(value):
        return None
    key = "patternRouterNatAndServiceAccount" if "length" in rule else "pattern"
    return Broken(key, fields={"pattern": rule["pattern"]})


def _not_pattern(value: str, rule: Rule) -> Broken | None:
    return Broken("notPattern") if re2(rule["notPattern"]).search(value) else None


def _not(value: object, rule: Rule) -> Broken | None:
    return Broken("not") if value in rule["not"] else None


def _format(value: Any, rule: Rule) -> Broken | None:  # noqa: ANN401 - a scalar of any type
    return _FORMATS[rule["format"]](value, rule)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    if not _CIDR.fullmatch(text):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _cidr(value: str, _: Rule) -> Broken | None:
    return Broken("cidr") if _network(value) is None else None


def _cidr_network(value: str, rule: Rule) -> Broken | None:
    network = _network(value)
    if network is None:
        return Broken("cidrNetwork")
    if str(network) != value:
        return Broken("cidrNetwork", 1, {"network": network})
    low, high = rule["cidrPrefix"]
    if low <= network.prefixlen <= high:
        return None
    return Broken("cidrNetwork", 2, {"min": low, "max": high, "prefix": network.prefixlen})


def _rfc1918_cidr(value: str, rule: Rule) -> Broken | None:
    if broken := _cidr_network(value, rule):
        return broken
    address = ip_network(value).network_address
    return None if any(address in net for net in _PRIVATE_NETWORKS) else Broken("rfc1918Cidr")


def _date_time(value: str, _: Rule) -> Broken | None:
    if not _DATE_TIME.fullmatch(value):
        return Broken("dateTime")
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return Broken("dateTime")
    return None


def _time_of_day(value: str, _: Rule) -> Broken | None:
    return None if _TIME_OF_DAY.fullmatch(value) else Broken("timeOfDay")


def _hourly(value: str, _: Rule) -> Broken | None:
    return None if _HOURLY.fullmatch(value) else Broken("hourly")


def _duration(value: str, _: Rule) -> Broken | None:
    rest = value[1:] if value[:1] in {"+", "-"} else value
    if rest == "0":
        return None
    while part := _DURATION_PART.match(rest):
        rest, unit = rest[part.end() :], part[1]
        if not unit:
            return Broken("duration", fields={"cause": _time_error("missing unit in", value)})
        if unit not in _DURATION_UNITS:
            error = _time_error(f"unknown unit {_quoted(unit)} in", value)
            return Broken("duration", fields={"cause": error})
        if not rest:
            return None
    return Broken("duration", fields={"cause": _time_error("invalid", value)})


def _time_error(what: str, value: str) -> str:
    return f"time: {what} duration {_quoted(value)}"


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON is of any type
    """Parse JSON as strictly as Go does: no NaN, no infinity.

    Raises:
        ValueError: the text is not JSON.
    """

    def refuse(constant: str) -> None:
        message = f"invalid character {constant[0]!r} looking for beginning of value"
        raise ValueError(message)

    try:
        return json.loads(text, parse_constant=refuse, parse_int=float)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error


def _json(value: str, _: Rule) -> Broken | None:
    try:
        _parsed(value or "null")
    except ValueError as error:
        return Broken("json", fields={"cause": error})
    return None


def _json_array(value: str, _: Rule) -> Broken | None:
    if not value:
        return Broken("jsonArray", 1, {"cause": "unexpected end of JSON input"})
    try:
        parsed = _parsed(value)
    except ValueError as error:
        return Broken("jsonArray", fields={"cause": error})
    if parsed is not None and not isinstance(parsed, list):
        kind = {dict: "object", str: "string", bool: "bool"}.get(type(parsed), "number")
        cause = f"json: cannot unmarshal {kind} into Go value of type []interface {{}}"
        return Broken("jsonArray", 1, {"cause": cause})
    return Broken("jsonArray", 2) if None in (parsed or []) else None


def _iam_member(value: str, _: Rule) -> Broken | None:
    fine = _MEMBER.search(value) and not value.startswith("deleted")
    return None if fine else Broken("iamMember")


def _private_asn(value: int, _: Rule) -> Broken | None:
    return None if any(value in asns for asns in _PRIVATE_ASNS) else Broken("privateAsn")


def _slo_goal(value: float, _: Rule) -> Broken | None:
    return None if 0 < value <= _HIGHEST_GOAL else Broken("sloGoal")


def _rotation_period(value: str, _: Rule) -> Broken | None:
    match = _ROTATION.fullmatch(value)
    if match is None:
        return Broken("rotationPeriod")
    return Broken("rotationPeriod", 1) if float(match[1]) < _DAY else None


def _base64(value: str, _: Rule) -> Broken | None:
    joined = value.replace("\r", "").replace("\n", "")
    return None if _BASE64.fullmatch(joined) else Broken("base64")


_FORMATS: Final[Mapping[str, Callable[[Any, Rule], Broken | None]]] = {
    "cidr": _cidr,
    "cidrNetwork": _cidr_network,
    "rfc1918Cidr": _rfc1918_cidr,
    "dateTime": _date_time,
    "timeOfDay": _time_of_day,
    "hourly": _hourly,
    "duration": _duration,
    "json": _json,
    "iamMember": _iam_member,
    "privateAsn": _private_asn,
    "sloGoal": _slo_goal,
    "rotationPeriod": _rotation_period,
    "jsonArray": _json_array,
    "base64": _base64,
}

_RULES: Final[Mapping[str, Callable[[Any, Rule], Broken | None]]] = {
    "enum": _enum,
    "range": _range,
    "length": _length,
    "pattern": _pattern,
    "notPattern": _not_pattern,
    "not": _not,
    "format": _format,
}
