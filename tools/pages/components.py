"""Components as their page tells them: read off the source, so that no word is written twice."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from palier import facts
from tools.pages import ROOT, PlanOf
from tools.pages.markdown import code, table

PROVIDERS: Final = ("gcp", "k8s", "random")
SECTION: Final = re.compile(r"^(Attributes|Example):\n", re.MULTILINE)
EMPTY: Final = ("None", "()")


def components(_: PlanOf) -> str:
    """Every component: what it is, what it creates, what it takes, how it is written."""
    return "\n\n".join(_page(file, tree, node) for file, tree, node in found())


def found() -> Iterator[tuple[Path, ast.Module, ast.ClassDef]]:
    """Every component class, with its file."""
    for file in sorted((ROOT / "components").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and "Component" in map(ast.unparse, node.bases):
                yield file, tree, node


def _page(file: Path, tree: ast.Module, node: ast.ClassDef) -> str:
    said = _sections(node)
    created = ", ".join(f"`{name}`" for name in _created(node))
    parts = [
        f"### {node.name}",
        f"`{file.relative_to(ROOT)}`, type `{_token(node)}`.",
        said[""],
        f"Creates {created}." if created else "Creates nothing in a cloud.",
    ]
    if "Attributes" in said:
        listed = (line.split(": ", 1) for line in _items(said["Attributes"]))
        rows = [(f"`{name}`", text) for name, text in listed]
        parts.append(table(("attribute", "what it is"), rows))
    if fields := list(_fields(f"{node.name}Args", tree)):
        parts.append(table(("argument", "type", "default", "what it is"), fields))
    if "Example" in said:
        parts.append(code(said["Example"], "python"))
    return "\n\n".join(parts)


def _sections(node: ast.ClassDef) -> dict[str, str]:
    """Sections of a class's docstring; the text before them under an empty name."""
    first, *rest = SECTION.split(inspect.cleandoc(ast.get_docstring(node) or ""))
    named = zip(rest[::2], rest[1::2], strict=True)
    return {"": first.strip()} | {name: textwrap.dedent(text).strip() for name, text in named}


def _items(text: str) -> list[str]:
    """Entries of a section; an indented line goes on with the one before."""
    return re.sub(r"\n\s+", " ", text).splitlines()


def _token(node: ast.ClassDef) -> str:
    """The type token: a text, or the name of a constant of `palier.facts`."""
    for item in node.body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "TOKEN":
            value = item.value
            if isinstance(value, ast.Constant):
                return str(value.value)
            return str(getattr(facts, ast.unparse(value)))
    raise LookupError(f"{node.name} has no TOKEN")


def _created(node: ast.ClassDef) -> list[str]:
    """Resource classes that a component's own code calls, without the provider's name."""
    calls = [ast.unparse(item.func) for item in ast.walk(node) if isinstance(item, ast.Call)]
    return sorted(
        {
            call.split(".", 1)[1]
            for call in calls
            if call.split(".")[0] in PROVIDERS
            and call.rsplit(".", 1)[-1][0].isupper()
            and not call.endswith("Args")
        }
    )


def _fields(name: str, tree: ast.Module) -> Iterator[tuple[str, str, str, str]]:
    """Fields of an args class: name, type, default, and the text below it."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for place, item in enumerate(node.body):
                if isinstance(item, ast.AnnAssign):
                    type_ = ast.unparse(item.annotation)
                    text = _text(node.body[place + 1 : place + 2])
                    yield f"`{ast.unparse(item.target)}`", f"`{type_}`", _default(item), text


def _text(after: list[ast.stmt]) -> str:
    match after:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return re.sub(r"\s+", " ", text).strip()
    return ""


def _default(item: ast.AnnAssign) -> str:
    if item.value is None:
        return "required"
    text = ast.unparse(item.value)
    if text.startswith("field("):
        return "none"
    return "none" if text in EMPTY else f"`{text}`"
