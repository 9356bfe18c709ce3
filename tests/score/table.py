"""One Markdown table out of the JSON of many scored runs: a row a figure, each with its data, n, date and interval."""

from pathlib import Path

from . import sheet
from .figure import Figure

HEADLINES = {
    # The rows of the short table; everything else stands in the long one only.
    "detections": ("AP50 mean", "AP50-95 mean"),
    "events": (
        "found",
        "false per hour",
        "latency median, seconds",
        "cases per found event",
        "gone latency median, seconds",
        "told gone while it stood",
        "near misses taken for an event",
    ),
    "positions": ("error median, metres", "error p95, metres", "inside the stated 95 % radius", "inside the stated 95 % ellipse"),
    "tracks": ("MOTA", "IDF1", "HOTA"),
}
INTRODUCTION = """Written by `make eval`; how each figure is made: [tests/score](../tests/score/README.md). Intervals are 95 %: they say what
chance in the sample leaves open and nothing about other streets. Rendered clips prove geometry, dwell logic and plumbing, not
precision or recall on real footage. n counts what the figure is about: boxes, results, events, positions."""
HEAD = "| what | data | figure | value | 95 % interval | n | date |\n|---|---|---|---|---|---|---|"


def shown(value: float | None) -> str:
    """Three decimals below ten, one above."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def row(what: str, data: str, date: str, figure: Figure) -> str:
    interval = figure.interval if figure.low is None or figure.high is None else f"{shown(figure.low)} to {shown(figure.high)}"
    cells = [
        what,
        data,
        figure.name,
        shown(figure.value),
        interval,
        f"{figure.n} {figure.of}" if figure.n or figure.value is not None else "0",
        date,
    ]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def of_scores(paths: list[Path], everything: bool) -> str:
    lines = [HEAD]
    for path in paths:
        body, figures = sheet.read(path)
        wanted = HEADLINES.get(body["what"], ())
        lines += [row(body["what"], body["data"], body["date"], figure) for figure in figures if everything or figure.name in wanted]
    return "\n".join(lines)


def page(paths: list[Path], skipped: list[str], model: str) -> str:
    """docs/scores.md."""
    lines = ["# Scores", "", INTRODUCTION, "", f"Model: {model}.", "", of_scores(paths, everything=False), ""]
    lines += ["Not run this time, because the data is not here:", "", *(f"- {what}" for what in skipped), ""] if skipped else []
    return "\n".join([*lines, "## Every figure", "", of_scores(paths, everything=True), ""])


BEGIN, END = "<!-- scores: begin, written by make eval -->", "<!-- scores: end -->"


def into_readme(readme: Path, paths: list[Path]) -> None:
    """Puts the short table between the marks, where the file has them."""
    content = readme.read_text(encoding="utf-8")
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        readme.write_text(f"{before}{BEGIN}\n{of_scores(paths, everything=False)}\n{END}{after}", encoding="utf-8")
