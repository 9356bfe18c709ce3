"""Command line of the scorer: `python -m score <what> --help`.

Exit codes as of gridwarden: 0 done, 1 failed, 2 bad usage or bad input with file, field, value and what is allowed. The score goes to
stdout as JSON, and to --out.
"""

import argparse
import datetime
import sys
from pathlib import Path

from . import coco_files, confusion, detections, evaluate, event_files, events, mot_files, plots, positions, sheet, table, tracks
from .fault import BadInput
from .figure import rate, resampling


def score_detections(given: argparse.Namespace) -> str:
    pictures = coco_files.read(given.truth, given.results)
    if given.summary:
        coco_files.check_summary(given.summary, pictures)
    thresholds = coco_files.read_thresholds(given.manifest) if given.manifest else {}
    if given.blocks is not None and given.blocks < 2:
        raise BadInput("command line", "--blocks", given.blocks, "2 or more")
    drawn = resampling(len(pictures.images), given.blocks)
    figures = detections.scored(pictures, thresholds, drawn)
    drawings = plots.draw(pictures, thresholds, drawn, given.plots, given.data) if given.plots else []
    labelled = {box["category_id"] for box in pictures.truth}
    return sheet.write(
        given.out,
        "detections",
        given.data,
        sheet.date(given.date),
        figures,
        pictures=len(pictures.images),
        boxes=len(pictures.truth),
        results=len(pictures.results),
        thresholds={name: thresholds.get(name, 0.0) for name in pictures.names},
        classes_without_truth=[c["name"] for c in pictures.categories if c["id"] not in labelled],
        results_of_unlabelled_classes=pictures.unjudged,
        confusion=confusion.matrix(pictures, thresholds, drawn),
        plots=drawings,
    )


def score_tracks(given: argparse.Namespace) -> str:
    sequence = mot_files.read(given.truth, given.tracks, given.seqinfo, given.fps)
    figures = tracks.scored(sequence)
    ids = [len({i for ids, _ in side.values() for i in ids}) for side in (sequence.truth, sequence.tracks)]
    return sheet.write(
        given.out, "tracks", given.data, sheet.date(given.date), figures, frames=sequence.frames, true_ids=ids[0], track_ids=ids[1]
    )


def score_events(given: argparse.Namespace) -> str:
    summaries = given.summary or [None] * len(given.truth)
    for name, files in (("--cases", given.cases), ("--summary", summaries)):
        if len(files) != len(given.truth):
            raise BadInput("command line", name, len(files), f"one for each of the {len(given.truth)} files of --truth")
    try:
        start_at = datetime.datetime.fromisoformat(given.start_at)
    except ValueError as error:
        raise BadInput("command line", "--start-at", given.start_at, "RFC 3339") from error
    if start_at.tzinfo is None:
        raise BadInput("command line", "--start-at", given.start_at, "RFC 3339 with an offset, as 2026-01-01T00:00:00Z")
    meaning = event_files.pattern_map(given.pattern_map)
    allowed = events.Tolerance(given.secs, given.metres, given.without_place)
    clips = []
    for path, cases, summary in zip(given.truth, given.cases, summaries):
        truth = event_files.read_truth(path, meaning)
        if not allowed.without_place and any(event.place is None for event in truth.events):
            raise BadInput(path, "events.lon_deg", "missing", "a place for every event, or --without-place")
        expected = event_files.read_summary(summary, truth) if summary else None
        told = event_files.read_cases(cases, path, truth.seconds, start_at, expected)
        clips.append(event_files.Clip(path.stem, truth.seconds, truth.events, told, truth.near_misses))
    figures, rows = events.scored(clips, allowed)
    return sheet.write(
        given.out,
        "events",
        given.data,
        sheet.date(given.date),
        figures,
        clips=len(clips),
        hours=round(sum(c.seconds for c in clips) / 3600, 6),
        tolerance={"secs": allowed.secs, "metres": None if allowed.without_place else allowed.metres},
        events=rows,
    )


def score_positions(given: argparse.Namespace) -> str:
    truth, located = positions.read_truth(given.truth), positions.read_located(given.located)
    if len(truth) != len(located):
        raise BadInput(given.located, "lines", len(located), f"{len(truth)}, one for each row of {given.truth}")
    return sheet.write(given.out, "positions", given.data, sheet.date(given.date), positions.scored(truth, located))


def score_counts(given: argparse.Namespace) -> str:
    pictures, found = coco_files.read_counts(given.results, given.summary)
    figures = [rate(f"results per picture {name}", count, pictures, "results, right or wrong") for name, count in found.items()]
    return sheet.write(given.out, "counts", given.data, sheet.date(given.date), figures, pictures=pictures)


def make_table(given: argparse.Namespace) -> str:
    return table.of_scores(given.scores, given.all)


def evaluate_all(given: argparse.Namespace) -> str:
    done = evaluate.everything(given.program, given.work.resolve(), lambda words: main(words, quiet=True))
    page = table.page(done.sheets, done.skipped, coco_files.read_model(evaluate.MANIFEST))
    given.page.write_text(page, encoding="utf-8")
    table.into_readme(evaluate.REPOSITORY / "README.md", done.sheets)
    return table.of_scores(done.sheets, everything=False)


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m score", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")

    def command(name: str, run, help_text: str, example: str) -> argparse.ArgumentParser:
        new = commands.add_parser(name, help=help_text, description=help_text, epilog=f"Example: python -m score {example}")
        new.add_argument("--out", type=Path, help="also write the score here")
        new.add_argument("--data", required=True, help="what the data is, for the table")
        new.add_argument("--date", help="date of the run, YYYY-MM-DD (default: today)")
        new.set_defaults(run=run)
        return new

    new = command(
        "detections",
        score_detections,
        "AP, recall, precision, confusion of a detector",
        "detections --truth coco.json --results found.json --manifest models/street-nano.toml --plots plots",
    )
    new.add_argument("--truth", type=Path, required=True, help="COCO JSON")
    new.add_argument("--results", type=Path, required=True, help="what `gridwarden detect` wrote, or COCO results")
    new.add_argument("--summary", type=Path, help="what `gridwarden detect --json` printed: that it looked at every picture")
    new.add_argument("--manifest", type=Path, help="model manifest: recall and precision at its score_min (default: at score 0)")
    new.add_argument(
        "--blocks",
        type=int,
        help="resample this many blocks of neighbouring pictures, for frames of one clip (default: each picture alone)",
    )
    new.add_argument("--plots", type=Path, help="folder for precision-recall curves")

    new = command(
        "events",
        score_events,
        "events found, missed, false, late and doubled by `gridwarden replay`",
        "events --truth street.json --cases cases.jsonl --summary replay.json --data 'rendered street'",
    )
    new.add_argument("--truth", type=Path, nargs="+", required=True, help="event truth of each clip")
    new.add_argument("--cases", type=Path, nargs="+", required=True, help="what `gridwarden replay --out` wrote for each")
    new.add_argument("--summary", type=Path, nargs="+", help="what it printed for each; needed where it found nothing")
    new.add_argument("--pattern-map", type=Path, help="which happenings make which pattern (default: tests/score/patterns.toml)")
    new.add_argument("--start-at", default="2026-01-01T00:00:00Z", help="wall time of the first frame, as given to replay")
    new.add_argument("--secs", type=float, default=3.0, help="tolerance in time (default: 3)")
    new.add_argument("--metres", type=float, default=5.0, help="tolerance in place (default: 5)")
    new.add_argument("--without-place", action="store_true", help="the camera has no calibration: match by pattern and time alone")

    new = command(
        "tracks",
        score_tracks,
        "MOTA, IDF1, HOTA, switches and fragmentation of a tracker",
        "tracks --truth gt.txt --tracks tracks.txt --data 'TUD-Campus'",
    )
    new.add_argument("--truth", type=Path, required=True, help="MOT challenge ground truth")
    new.add_argument("--tracks", type=Path, required=True, help="what `gridwarden track` wrote")
    new.add_argument("--seqinfo", type=Path, help="seqinfo.ini of the sequence: its length and frame rate")
    new.add_argument("--fps", type=float, help="frame rate that the tracker ran at; must be that of --seqinfo")

    new = command(
        "positions",
        score_positions,
        "error and stated uncertainty of `gridwarden locate`",
        "positions --truth points.csv --located located.jsonl --data 'rendered street'",
    )
    new.add_argument("--truth", type=Path, required=True, help="CSV with lon,lat among its columns")
    new.add_argument("--located", type=Path, required=True, help="what `gridwarden locate [--json]` answered to the same rows")

    new = command(
        "counts",
        score_counts,
        "how many results of each class on pictures without labels: no measure of quality",
        "counts --results found.json --summary detect.json --data 'unlabelled photographs'",
    )
    new.add_argument("--results", type=Path, required=True, help="what `gridwarden detect` wrote")
    new.add_argument("--summary", type=Path, required=True, help="what `gridwarden detect --json` printed")

    new = commands.add_parser(
        "table",
        help="Markdown table of scores",
        description="Markdown table of scores",
        epilog="Example: python -m score table .build/eval/*.json",
    )
    new.add_argument("scores", type=Path, nargs="+", help="JSON that the other commands wrote")
    new.add_argument("--all", action="store_true", help="every figure instead of the headlines")
    new.set_defaults(run=make_table)

    words = "run the program on all data that is here, score it, write docs/scores.md"
    new = commands.add_parser(
        "all", help=words, description=words, epilog="Example: python -m score all --program target/release/gridwarden"
    )
    new.add_argument("--program", required=True, help="how to call gridwarden")
    new.add_argument(
        "--work", type=Path, default=evaluate.REPOSITORY / ".build" / "eval", help="results and score JSON (default: .build/eval)"
    )
    new.add_argument("--page", type=Path, default=evaluate.REPOSITORY / "docs" / "scores.md", help="the page (default: docs/scores.md)")
    new.set_defaults(run=evaluate_all)
    return parser


def main(words: list[str] | None = None, quiet: bool = False) -> int:
    given = options().parse_args(words)
    try:
        result = given.run(given)
    except BadInput as fault:
        print(f"score {given.what}: {fault}", file=sys.stderr)
        return 2
    except evaluate.Failed as failure:
        print(f"score {given.what}: {failure}", file=sys.stderr)
        return 1
    if not quiet:
        print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
