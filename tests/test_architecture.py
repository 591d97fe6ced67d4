"""The house style's rules that no linter checks. Layers are the work of lint-imports."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from alembic.script import ScriptDirectory

from infrastructure.settings import Secret

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "application", "projections", "infrastructure", "interfaces")
TOP_LEVEL = {
    *PACKAGES, "tests", "docs", "pyproject.toml", "compose.yaml", "README.md", "CHANGELOG.md",
    "Makefile", "requirements.lock", "requirements-dev.lock", ".ci", ".gitignore",
}  # fmt: skip
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    *(f"infrastructure/deployment/{name}.txt" for name in ("uv", "redis")),
)
# Alembic runs these, one by one: they are no package and cannot be imported.
MIGRATIONS = ("infrastructure", "migrations")
FILE_LINES = 400
FUNCTION_LINES = 40
SECRET_NAME = re.compile(r"(?:secret|token|password|passphrase|stream_key|private_key|pem)$")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def committed() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in committed():
        where = path.relative_to(ROOT)
        if path.suffix == ".py" and where.parts[0] in (folders or (*PACKAGES, "tests")):
            yield where, _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_root_holds_only_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in committed()} <= TOP_LEVEL


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in committed()
        if path.suffix in {".py", ".sh"}
        and (lines := len(path.read_text().splitlines())) > FILE_LINES
    }
    assert long == {}


def test_functions_stay_short() -> None:
    long = {
        f"{where}:{node.lineno} {node.name}": lines
        for where, module in sources()
        if where.parts[:2] != MIGRATIONS
        for node in ast.walk(module)
        if isinstance(node, Function) and (lines := _body_lines(node)) > FUNCTION_LINES
    }
    assert long == {}


def _body_lines(function: Function) -> int:
    """From the signature on, the docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_modules_say_what_they_own() -> None:
    """A test module may leave it to its tests' names."""
    silent = [
        str(where)
        for where, module in sources()
        if not where.name.startswith(("__init__", "test_", "conftest"))
        and not ast.get_docstring(module)
    ]
    assert silent == []


def test_init_files_are_empty() -> None:
    inits = [path for path in committed() if path.name == "__init__.py"]
    assert [str(path) for path in inits if path.read_text().strip()] == []


def test_folders_of_modules_are_packages() -> None:
    folders = {(ROOT / where).parent for where, _ in sources() if where.parts[:2] != MIGRATIONS}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_imports_are_absolute_at_the_top_and_real() -> None:
    broken = [
        f"{where}:{node.lineno}"
        for where, module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom) and not _proper(node, module)
    ]
    assert broken == []


def _proper(node: ast.Import | ast.ImportFrom, module: ast.Module) -> bool:
    names = {alias.name for alias in node.names}
    relative = isinstance(node, ast.ImportFrom) and node.level > 0
    return node in module.body and not relative and not names & {"*", "TYPE_CHECKING"}


def test_domain_knows_the_standard_library_and_msgspec_alone() -> None:
    allowed = sys.stdlib_module_names | {"domain", "msgspec"}
    foreign = [
        f"{where}: {name}"
        for where, module in sources("domain")
        for name in _imported(module)
        if name.partition(".")[0] not in allowed
    ]
    assert foreign == []


@pytest.mark.parametrize("impure", ["os", "random", "secrets", "socket", "time", "uuid", "asyncio"])
def test_domain_is_pure(impure: str) -> None:
    """Time, ids and chance arrive with the command."""
    assert [str(where) for where, module in sources("domain") if impure in _imported(module)] == []


def _imported(module: ast.Module) -> set[str]:
    found = set[str]()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_nothing_prints_or_leaves_work_undone() -> None:
    mark = re.compile(
        r"#.*\b(?:TODO|FIXME|XXX|HACK)\b|raise NotImplementedError$|^\s*print\(", re.M
    )
    undone = [
        str(where) for where, _ in sources(*PACKAGES) if mark.search((ROOT / where).read_text())
    ]
    assert undone == []


def test_structs_that_hold_secrets_do_not_show_them() -> None:
    """A field named like a secret has the type `Secret`, or its struct a repr of its own.

    What simulators are given is invented.
    """
    showing = [
        f"{kind.__module__}.{kind.__name__}"
        for where, _ in sources("domain", "application", "infrastructure")
        if where.parts[:2] not in {MIGRATIONS, ("infrastructure", "simulators")}
        for kind in vars(_imported_module(where)).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and _shows_a_secret(kind)
    ]
    assert showing == []


def _imported_module(where: Path) -> ModuleType:
    return importlib.import_module(".".join(where.with_suffix("").parts).removesuffix(".__init__"))


def _shows_a_secret(kind: type[msgspec.Struct]) -> bool:
    if kind.__repr__ is not msgspec.Struct.__repr__:
        return False
    fields = msgspec.structs.fields(kind)
    return any(SECRET_NAME.search(field.name) and field.type in {str, bytes} for field in fields)


def test_secret_does_not_show_its_text() -> None:
    secret = Secret("planted")
    assert "planted" not in f"{secret} {secret!r} {msgspec.to_builtins([repr(secret)])}"


def test_lock_files_pin_by_hash_and_name_no_place() -> None:
    for name in LOCKS:
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*$", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, re.M))
        assert not re.search(r"://|--index|--find-links|file:", text)


def test_files_name_no_place_of_the_machine_they_were_written_on() -> None:
    place = re.compile(rb"/(?:root|work|home/\w+)/[\w.]|/tmp/scratch|/Users/\w")
    telling = [
        f"{path.relative_to(ROOT)}: {found.group().decode()}"
        for path in committed()
        if path != Path(__file__) and (found := place.search(path.read_bytes()))
    ]
    assert telling == []


def test_migrations_have_one_head() -> None:
    assert len(ScriptDirectory(str(ROOT.joinpath(*MIGRATIONS))).get_heads()) == 1
