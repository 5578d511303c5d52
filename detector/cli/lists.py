"""`detector lists`: the lists that rules look things up in, and the tiers of users and merchants."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from detector.cli.console import fail, stdout
from detector.cli.options import ConfigFile, settings_from
from detector.core.lists import BadListError, Members, check_list_name, member_of, written
from detector.rules.faults import nearest
from detector.rules.list_files import read_list_file

if TYPE_CHECKING:
    from detector.state.redis_lists import RedisLists

app = typer.Typer(
    help="Keep lists that rules look things up in, and the tiers of users and merchants.",
    no_args_is_help=True,
)

Result = TypeVar("Result")

_DEADLINE_S = 10.0


def _checked_name(name: str) -> str:
    try:
        check_list_name(name)
    except BadListError as error:
        raise typer.BadParameter(str(error)) from None
    return name


Name = Annotated[str, typer.Argument(metavar="NAME", callback=_checked_name)]


@app.command("names")
def names(config: ConfigFile = None) -> None:
    """List the lists, each with the number of its members."""
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("members", justify="right")
    for name, size in sorted(_asked(config, lambda lists: lists.sizes()).items()):
        table.add_row(name, str(size))
    stdout.print(table, soft_wrap=True)


@app.command("set")
def set_members(
    name: Name,
    members: Annotated[
        list[str],
        typer.Argument(help="In user_tier and merchant_tier: MEMBER=VALUE.", metavar="MEMBER..."),
    ],
    config: ConfigFile = None,
) -> None:
    """Put members into a list; a list that is not there is made."""
    given = _members(name, members)

    async def put(lists: RedisLists) -> tuple[bool, int]:
        return name not in await lists.versions(), await lists.put(name, given)

    is_new, size = _asked(config, put)
    _tell(f"{name}: {'made, ' if is_new else ''}{_counted(size)} now")


@app.command("remove")
def remove(
    name: Name,
    members: Annotated[list[str], typer.Argument(metavar="MEMBER...")],
    config: ConfigFile = None,
) -> None:
    """Take members out of a list; it stays, if need be empty."""

    async def take_out(lists: RedisLists) -> tuple[list[str | None], int]:
        return await lists.values(name, members), await lists.remove(name, members)

    found, size = _asked(config, take_out)
    for member, value in zip(members, found, strict=True):
        if value is None:
            _tell(f"{name}: '{member}' was not in it")
    _tell(f"{name}: {_counted(size)} now")


@app.command("get")
def get(
    name: Name,
    member: Annotated[str | None, typer.Argument(help="Only this one.", metavar="MEMBER")] = None,
    config: ConfigFile = None,
) -> None:
    """Print the members of a list, or one with its value; exit 1 where that is not in it."""
    if member is None:
        _print(name, _asked(config, lambda lists: lists.read(name)).members)
        return
    (value,) = _asked(config, lambda lists: lists.values(name, [member]))
    if value is None:
        fail(f"{name}: '{member}' is not in it")
    _print(name, {member: value})


@app.command("import")
def import_file(
    name: Name,
    file: Annotated[str, typer.Argument(help="'-' is standard input.", metavar="FILE")],
    config: ConfigFile = None,
) -> None:
    """Put what a file holds in the place of a list, or make it: one member a line, in a tier MEMBER,VALUE."""
    members = _read(name, file)
    _asked(config, lambda lists: lists.replace(name, members))
    _tell(f"{name}: {_counted(len(members))} now")


@app.command("export")
def export(
    name: Name,
    file: Annotated[str, typer.Argument(help="'-' is standard output.", metavar="FILE")],
    config: ConfigFile = None,
) -> None:
    """Write a list to a file that `import` reads."""
    members = _asked(config, lambda lists: lists.read(name)).members
    if file == "-":
        _print(name, members)
        return
    try:
        with Path(file).open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in written(name, members))
    except OSError as error:
        fail(f"{file}: cannot be written: {error.strerror}")
    _tell(f"{name}: {_counted(len(members))} written to {file}")


@app.command("delete")
def delete(name: Name, config: ConfigFile = None) -> None:
    """Delete a list; a worker whose rules need it goes on with what it has, but does not start again."""
    _asked(config, lambda lists: lists.delete(name))
    _tell(f"{name}: deleted")


def _members(name: str, texts: Iterable[str]) -> Members:
    members: Members = {}
    for text in texts:
        try:
            member, value = member_of(name, text, "=")
        except BadListError as error:
            raise typer.BadParameter(f"'{text}': {error}") from None
        members[member] = value
    return members


def _read(name: str, file: str) -> Members:
    path = Path(file)
    try:
        data = sys.stdin.buffer.read() if file == "-" else path.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read: {error.strerror}")
    return read_list_file(name, path, data)


def _print(name: str, members: Members) -> None:
    sys.stdout.writelines(f"{line}\n" for line in written(name, members))


def _counted(number: int) -> str:
    return f"{number:,} {'member' if number == 1 else 'members'}"


def _tell(message: str) -> None:
    print(message, file=sys.stderr)


def _asked(config: Path | None, ask: Callable[[RedisLists], Awaitable[Result]]) -> Result:
    """What the lists in Redis answer; an error is one line, and exit code 1."""
    from detector.state.connect import connect
    from detector.state.errors import NoSuchListError, StateError
    from detector.state.redis_lists import RedisLists

    settings = settings_from(config)

    async def answer() -> Result:
        client = connect(settings.redis)
        lists = RedisLists(client, settings.redis.prefix, _DEADLINE_S)
        try:
            return await ask(lists)
        except NoSuchListError as error:
            known = sorted(await lists.versions())
            hint = nearest(error.name, known) if known else "there is none at all"
            fail(f"{error}; {hint}")
        finally:
            await client.aclose()

    try:
        return asyncio.run(answer())
    except StateError as error:
        fail(str(error))
