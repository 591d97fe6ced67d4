"""Docs that can be wrong are checked: settings, metrics, commands, links."""

import re
from pathlib import Path

import click
import pytest
from prometheus_client.metrics import MetricWrapperBase

from infrastructure.observability import metrics
from interfaces.cli.main import live
from tests.support import glossary
from tests.support.settings_table import PAGE, with_table

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_table_of_settings_is_todays() -> None:
    text = PAGE.read_text()
    assert text == with_table(text), "run `python -m tests.support.settings_table`"


def test_glossary_is_todays() -> None:
    text = glossary.PAGE.read_text()
    assert text == glossary.with_contexts(text), "run `python -m tests.support.glossary`"


def test_metrics_in_the_docs_exist() -> None:
    collectors = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    known = {family.name for collector in collectors for family in collector.collect()}
    named = re.findall(r"`(live_\w+?)(?:_total)?\b", PAGE.read_text())
    assert named
    assert set(named) <= known


@each_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@each_page
def test_commands_in_the_docs_exist(page: Path) -> None:
    shown = re.findall(r"(?<!Name: )(?:`|\$ |bin/)live ((?:[a-z]+ ?)+)", page.read_text())
    assert [words for words in shown if not _is_command(words.split())] == []


def _is_command(words: list[str]) -> bool:
    """Whether `live` followed by these words is a command, up to where its arguments begin."""
    command: click.Command | None = live
    for word in words:
        if not isinstance(command, click.Group):
            return True
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return True
