"""The process that parses a spreadsheet for ``sheets.py``: the file on standard input, its rows as JSON on standard output.

Run by its path and without the rest of the project, so that it starts at once. Its two arguments are the bytes of memory it may
take, and the characters it may give; its status says what stopped it.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import sys

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

TOO_LARGE, LOCKED, BROKEN = 3, 4, 5


def _work(data: bytes, most: int) -> list[list[tuple[int, list[str]]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets: list[list[tuple[int, list[str]]]] = []
    size = 0
    for about in book.sheets_metadata:
        if about.typ is not SheetTypeEnum.WorkSheet or about.visible is not SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(about.name)
        first = (sheet.start or (0, 0))[0] + 1
        rows: list[tuple[int, list[str]]] = []
        for place, row in enumerate(sheet.iter_rows(), first):
            cells = [_cell(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            size += sum(map(len, cells))
            if size > most:
                raise MemoryError
            if cells:
                rows.append((place, cells))
        sheets.append(rows)
    return sheets


def _cell(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _main() -> int:
    memory, most = map(int, sys.argv[1:3])
    with contextlib.suppress(ImportError):  # Windows has no such limits; time is limited all the same
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        answer = json.dumps(_work(sys.stdin.buffer.read(), most)).encode()
    except PasswordError:
        return LOCKED
    except MemoryError:
        return TOO_LARGE
    except BaseException:  # a panic of the parser is no Exception
        return BROKEN
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
