"""Writes the words of each context into docs/glossary.md, from the docstrings in domain/."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import domain
from domain.shared import Command, DomainError, Event

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
_MARK = "<!-- from the code, by `python -m tests.support.glossary` -->\n"


def with_contexts(page: str) -> str:
    """The page with the words of today's code below its mark."""
    contexts = sorted(
        module.name for module in pkgutil.iter_modules(domain.__path__) if module.name != "shared"
    )
    return page.partition(_MARK)[0] + _MARK + "".join(_context(name) for name in contexts)


def _context(name: str) -> str:
    classes = list(_classes(f"domain.{name}"))
    sections = (("Events", Event), ("Commands", Command), ("Refusals", DomainError))
    text = f"\n## {name.capitalize()}\n"
    for heading, base in sections:
        rows = "".join(
            f"| `{_called(one)}` | {_meaning(one)} |\n"
            for one in classes
            if issubclass(one, base) and one.__doc__ and not _has_kinds(one, classes)
        )
        text += f"\n### {heading}\n\n| | |\n|---|---|\n{rows}" if rows else ""
    return text


def _has_kinds(one: type, classes: Sequence[type]) -> bool:
    """What only others are made of is no word of its own."""
    return any(issubclass(other, one) for other in classes if other is not one)


def _classes(module_name: str) -> Iterator[type]:
    """In the order they are written in."""
    module = importlib.import_module(module_name)
    yield from (one for one in vars(module).values() if _is_own(one, module_name))
    for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
        yield from _classes(f"{module_name}.{child.name}")


def _is_own(one: object, module_name: str) -> bool:
    return inspect.isclass(one) and one.__module__ == module_name


def _called(one: type) -> str:
    """By a refusal's code, else by an event's tag: an event may have a field of that name."""
    name = vars(one).get("code" if issubclass(one, DomainError) else "tag")
    return str(name or one.__name__)


def _meaning(one: type) -> str:
    paragraph = inspect.cleandoc(one.__doc__ or "").split("\n\n", maxsplit=1)[0]
    return " ".join(paragraph.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_contexts(PAGE.read_text()))
