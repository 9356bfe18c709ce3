"""One scored run as JSON: what was scored, on which data, when, how, and every figure with its interval."""

import datetime
import json
from pathlib import Path
from typing import Any

from .fault import BadInput, document, field, number
from .figure import Figure


def write(path: Path | None, what: str, data: str, date: str, figures: list[Figure], **more: Any) -> str:
    """The JSON text, also written to `path` where one is given."""
    body = {"what": what, "data": data, "date": date, **more, "figures": [figure.json() for figure in figures]}
    text = json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return text


def read(path: Path) -> tuple[dict[str, Any], list[Figure]]:
    body = document(path)
    for key in ("what", "data", "date"):
        field(path, body, key, str)
    figures = []
    for i, row in enumerate(field(path, body, "figures", list)):
        where = f"figures[{i}]"
        values = [None if row.get(k) is None else number(path, f"{where}.{k}", row[k]) for k in ("value", "low", "high")]
        texts = [field(path, row, k, str, where) for k in ("name", "of", "interval")]
        figures.append(Figure(texts[0], values[0], values[1], values[2], field(path, row, "n", int, where), texts[1], texts[2]))
    return body, figures


def date(value: str | None) -> str:
    if value is None:
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise BadInput("command line", "--date", value, "YYYY-MM-DD") from error
