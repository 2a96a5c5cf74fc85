"""Components as their page tells them: read off the source, so that no word is written twice."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.pages import ROOT, PlanOf
from tools.pages.markdown import code, table

PROVIDERS: Final = ("gcp", "k8s", "random")
SECTION: Final = re.compile(r"^(Attributes|Example):\n", re.MULTILINE)


def components(_: PlanOf) -> str:
    """Every component: what it is, what it creates, what it takes, how it is written."""
    return "\n\n".join(
        _component(file, node, tree)
        for file in sorted((ROOT / "components").glob("*.py"))
        for tree in (ast.parse(file.read_text(encoding="utf-8")),)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and _is_component(node)
    )


def names() -> list[str]:
    """Names of all component classes."""
    return re.findall(r"^### (\w+)", components(_no_plan), re.MULTILINE)


def _no_plan(*_: object) -> None:  # type: ignore[misc]
    raise NotImplementedError


def _is_component(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Component" for base in node.bases)


def _component(file: Path, node: ast.ClassDef, tree: ast.Module) -> str:
    said = _docstring(node)
    created = _created(node)
    parts = [
        f"### {node.name}",
        f"`{file.relative_to(ROOT)}`, type `{_token(node, tree)}`.",
        said[""],
        f"Creates {', '.join(f'`{name}`' for name in created)}."
        if created
        else "Creates nothing in a cloud.",
    ]
    if "Attributes" in said:
        attributes = re.sub(r"\n\s+", " ", said["Attributes"])
        listed = [line.split(": ", 1) for line in _items(said["Attributes"])]
        parts.append(table(("attribute", "what it is"), [(f"`{k}`", v) for k, v in listed]))
        del attributes
    if (fields := list(_fields(f"{node.name}Args", tree))):
        parts.append(table(("argument", "type", "default", "what it is"), fields))
    if "Example" in said:
        parts.append(code(said["Example"], "python"))
    return "\n\n".join(parts)


def _docstring(node: ast.ClassDef) -> dict[str, str]:
    """Sections of a docstring; the text before them under an empty name."""
    first, *rest = SECTION.split(inspect.cleandoc(ast.get_docstring(node) or ""))
    sections = {"": first.strip()}
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        sections[name] = textwrap.dedent(text).strip()
    return sections


def _items(text: str) -> list[str]:
    """Entries of a section; what is indented goes on with the entry before."""
    return re.sub(r"\n\s+", " ", text).splitlines()


def _token(node: ast.ClassDef, tree: ast.Module) -> str:
    """The type token: a text, or a constant of `palier.facts`."""
    from palier import facts  # noqa: PLC0415

    for item in node.body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "TOKEN":
            value = item.value
            if isinstance(value, ast.Constant):
                return str(value.value)
            return str(getattr(facts, ast.unparse(value)))
    del tree
    return "none"


def _created(node: ast.ClassDef) -> list[str]:
    """Resource classes that a component's own code calls."""
    calls = [ast.unparse(item.func) for item in ast.walk(node) if isinstance(item, ast.Call)]
    return sorted(
        {
            call.removeprefix("k8s.").removeprefix("gcp.")
            for call in calls
            if call.split(".")[0] in PROVIDERS
            and call.rsplit(".", 1)[-1][:1].isupper()
            and not call.endswith("Args")
        }
    )


def _fields(name: str, tree: ast.Module) -> Iterator[tuple[str, str, str, str]]:
    """Fields of an args class, each with the text below it."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for item, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(item, ast.AnnAssign):
                    yield _field(item, after)


def _field(item: ast.AnnAssign, after: ast.stmt | None) -> tuple[str, str, str, str]:
    text = ""
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        text = re.sub(r"\s+", " ", str(after.value.value)).strip()
    default = "required"
    if item.value is not None:
        found = re.search(r"default_factory=(\w+)", ast.unparse(item.value))
        default = "none" if found else ast.unparse(item.value)
        default = "none" if default in ("None", "()") else f"`{default}`" if default != "none" else default
    return f"`{ast.unparse(item.target)}`", f"`{ast.unparse(item.annotation)}`", default, text
