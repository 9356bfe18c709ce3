"""Bad input: the one exception of this package, and readers that raise it with file, field, value and what is allowed.

Every reader takes text from outside and returns plain Python values that are checked for type and range, so the scoring
code behind them need not doubt its input. `python -m score` turns `BadInput` into one line on stderr and exit code 2.
"""

import json
import math
from pathlib import Path
from typing import Any


class BadInput(Exception):
    def __init__(self, file: object, field: str, value: object, allowed: str):
        shown = value if isinstance(value, str) else repr(value)
        super().__init__(f"{file}: {field}: {shown[:120]}: allowed: {allowed}")


def text(path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path, "file", str(error), "a readable UTF-8 file") from error
    if not content.strip():
        raise BadInput(path, "file", "empty", "at least one record; a run that found nothing writes [] in JSON")
    return content


def parsed(file: object, content: str) -> Any:
    """JSON; Python's extension NaN and Infinity is let through here and refused by `number`, which can name the field."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise BadInput(file, "JSON", str(error), "valid JSON") from error


def document(path: Path) -> dict[str, Any]:
    value = parsed(path, text(path))
    if not isinstance(value, dict):
        raise BadInput(path, "document", type(value).__name__, "a JSON object")
    return value


def field(file: object, record: Any, name: str, kind: type, where: str = "") -> Any:
    label = f"{where}.{name}" if where else name
    if not isinstance(record, dict):
        raise BadInput(file, where or "record", record, "a JSON object")
    if name not in record:
        raise BadInput(file, label, "missing", kind.__name__)
    value = record[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadInput(file, label, value, kind.__name__)
    return value


def number(file: object, label: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within [low, high]; text is accepted, since CSV and MOT files hold nothing else."""
    allowed = "a finite number" if low == -math.inf and high == math.inf else f"{low:g} to {high:g}"
    if isinstance(value, bool):
        raise BadInput(file, label, value, allowed)
    try:
        result = float(value)
    except (TypeError, ValueError) as error:
        raise BadInput(file, label, value, allowed) from error
    if not math.isfinite(result) or not low <= result <= high:
        raise BadInput(file, label, value, allowed)
    return result


def whole(file: object, label: str, value: Any, low: int = 0, high: int = 2**53) -> int:
    result = number(file, label, value, low, high)
    if result != int(result):
        raise BadInput(file, label, value, f"a whole number from {low}")
    return int(result)


def unique(file: object, label: str, values: list[Any]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise BadInput(file, label, value, "each one once")
        seen.add(value)
