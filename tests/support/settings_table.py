"""Writes the table of settings into docs/operations.md, between its marks."""

import re
from pathlib import Path

from infrastructure.settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
_BETWEEN = re.compile(r"(<!-- settings: [^>]*-->\n).*?(<!-- /settings -->)", re.S)


def with_table(page: str) -> str:
    """The page with the table of today's settings."""
    rows = "".join(
        f"| `{setting.variable}` | {_shown(setting.default)} | {setting.purpose} |"
        f" {'yes' if setting.required_in_production else ''} |\n"
        for setting in SETTINGS.values()
    )
    table = f"| variable | default | what it is | production |\n|---|---|---|---|\n{rows}"
    return _BETWEEN.sub(lambda found: found[1] + table + found[2], page)


def _shown(default: str) -> str:
    return f"`{default}`" if default else ""


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
