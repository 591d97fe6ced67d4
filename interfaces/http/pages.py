"""Pages for people: what runs here, and the reference of the API. No scripts, nothing loaded
from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from domain.shared import Language
from interfaces.http.i18n import DEFAULT_LANGUAGE, LANGUAGES, catalogue

STYLE = b"""
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0a7d5a; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 2rem 1rem }
h1 { font-size: 1.7rem; margin: 0 0 .5rem } h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem }
a { color: var(--mark) } code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-radius: 6px }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .5rem .8rem }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.2rem; color: var(--mark) }
summary span { opacity: .75 } table { border-collapse: collapse; width: 100% }
td { vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
.small { opacity: .75; font-size: .9rem }
"""


def home_page(*, environment: str, version: str) -> bytes:
    return page(
        "Live commerce",
        f"""<h1>Live commerce</h1>
<p>The backend is running
<span class="small">(version {escape(version)}, {escape(environment)})</span>.
Hosts go live, viewers watch and chat and buy, and every decision is an event in one log.</p>
<ul>
{_sign_in(environment)}<li><a href="/schema">API reference</a>,
and its <a href="/schema/openapi.json">OpenAPI document</a></li>
<li><a href="/health/ready">Health</a> and <a href="/metrics">metrics</a></li>
<li>Texts for client apps: {_languages()}</li>
</ul>""",
    )


def _sign_in(environment: str) -> str:
    """Apps bring their own; without one there is a page for trying it out, in development."""
    if environment != "development":
        return ""
    return '<li><a href="/sign-in">Sign in</a>, as an app would have you do it</li>\n'


def reference_page(document: dict[str, Any]) -> bytes:
    """The whole API on one page, made of its OpenAPI document."""
    sections = "".join(_section(tag, document) for tag in document.get("tags", []))
    return page(
        document["info"]["title"],
        f"""<h1>{escape(document["info"]["title"])}</h1>
<p>{_prose(document["info"].get("description", ""))}</p>
<p class="small"><a href="/">Home</a> · <a href="/schema/openapi.json">OpenAPI document</a></p>
{sections}<h2>Problems</h2>{_problems()}<h2>Types</h2>{_types(document)}""",
    )


def page(title: str, body: str, language: Language = DEFAULT_LANGUAGE) -> bytes:
    """`body` is HTML, `title` is not."""
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/schema/style.css"></head><body>
{body}
</body></html>""".encode()


def _languages() -> str:
    return ", ".join(f'<a href="/api/v1/i18n/{code}">{code}</a>' for code in LANGUAGES)


def _section(tag: dict[str, Any], document: dict[str, Any]) -> str:
    operations = "".join(_operation(*found) for found in _tagged(tag["name"], document))
    if not operations:
        return ""
    return f"<h2>{escape(tag['name'])}</h2><p>{_prose(tag.get('description', ''))}</p>{operations}"


def _tagged(tag: str, document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and tag in operation.get("tags", []):
                yield method.upper(), path, operation


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    return f"""<details><summary><b>{method}</b> <code>{escape(path)}</code>
<span>{escape(operation.get("summary") or "")}</span></summary>
<p>{_prose(operation.get("description") or "")}</p>
<p class="small">May be called by {escape(operation.get("x-access", ""))}.</p>
{_parameters(operation)}{_body(operation)}{_responses(operation)}</details>"""


def _parameters(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{_prose(parameter.get('description') or '')}</td></tr>"
        for parameter in operation.get("parameters", [])
    )
    return f"<table>{rows}</table>" if rows else ""


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(f"<p>Body: {_named(media.get('schema', {}))}</p>" for media in content.values())


def _responses(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{_prose(response.get('description') or '')} "
        f"{_answer(response)}</td></tr>"
        for status, response in sorted(operation.get("responses", {}).items())
    )
    return f"<table>{rows}</table>"


def _answer(response: dict[str, Any]) -> str:
    for media in response.get("content", {}).values():
        return _named(media.get("schema", {}))
    return ""


def _named(schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        return f'<a href="#type-{escape(name)}">{escape(name)}</a>'
    return f"<code>{escape(json.dumps(schema))}</code>"


def _types(document: dict[str, Any]) -> str:
    return "".join(
        f'<details id="type-{escape(name)}"><summary>{escape(name)}</summary>'
        f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre></details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )


def _problems() -> str:
    """Every code with its English words; `type` of a problem links here."""
    texts = catalogue()
    codes = sorted(
        key.removeprefix("problem_").removesuffix("_detail")
        for key in texts.keys("en")
        if key.startswith("problem_") and key.endswith("_detail")
    )
    rows = "".join(
        f'<tr id="problem-{code}"><td><code>{code}</code></td>'
        f"<td>{escape(texts.text('en', f'problem_{code}_detail', {}) or '')}</td></tr>"
        for code in codes
    )
    return f"<table>{rows}</table>"


def _prose(text: str) -> str:
    """Plain text with `code` in backticks."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )
