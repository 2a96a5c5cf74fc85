"""YAML that people read: texts of several lines as blocks, lists set in, no anchors."""

from __future__ import annotations

from typing import Any, Final

import yaml

WIDTH: Final = 1_000
"""No line is broken: a path or an address is easier to find whole."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 PyYAML's own names
        """Never point to what stands elsewhere: kustomize reads one document at a time."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 PyYAML's own names
        """Set the items of a list in."""
        super().increase_indent(flow, indentless=False)


def _block(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _block)


def written(*documents: Any, sort_keys: bool = False) -> str:  # noqa: ANN401 any JSON value
    """Documents as one text, keys as they come or sorted."""
    return "---\n".join(
        yaml.dump(document, Dumper=_Dumper, sort_keys=sort_keys, width=WIDTH)
        for document in documents
    )
