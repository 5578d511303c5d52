"""Lists in files, as `detector lists export` writes them: one list a file, called as the list with `.txt`."""

from __future__ import annotations

from pathlib import Path

from detector.core.lists import BadLinesError, BadListError, Members, check_list_name, read_list
from detector.rules.faults import Fault, Mark, RuleFaultsError

SUFFIX = ".txt"
_START = Mark(1, 1)


def read_list_file(name: str, path: Path, data: bytes) -> Members:
    """The members that the bytes of a file of the named list hold; `path` is what faults call it.

    Raises:
        RuleFaultsError: it is not UTF-8, or lines cannot be read: the first twenty are named.
    """
    try:
        # A spreadsheet begins what it exports with a mark of its encoding.
        return read_list(name, data.decode("utf-8-sig").split("\n"))
    except BadLinesError as error:
        faults = [Fault(path, Mark(line.number, 1), line.message) for line in error.lines]
        if error.more:
            message = f"{faults[-1].message}; {error.more} more lines are bad"
            faults[-1] = faults[-1]._replace(message=message)
        raise RuleFaultsError(faults) from None
    except UnicodeDecodeError:
        raise RuleFaultsError([Fault(path, _START, "not UTF-8")]) from None


def lists_in(directory: Path) -> dict[str, Members]:
    """The lists of a directory by name.

    Raises:
        RuleFaultsError: there is no such directory, or with the faults of all files.
    """
    found: dict[str, Members] = {}
    faults: list[Fault] = []
    if not directory.is_dir():
        raise RuleFaultsError([Fault(directory, _START, "no such directory")])
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        try:
            check_list_name(path.stem)
            found[path.stem] = read_list_file(path.stem, path, path.read_bytes())
        except RuleFaultsError as error:
            faults += error.faults
        except BadListError as error:
            faults.append(Fault(path, _START, str(error)))
        except OSError as error:
            faults.append(Fault(path, _START, f"cannot be read: {error.strerror}"))
    if faults:
        raise RuleFaultsError(faults)
    return found
