"""Command line of the scorer: `python -m score <what> --help`.

Exit codes as of gridwarden: 0 done, 2 bad usage or bad input with file, field, value and what is allowed. The score goes to
stdout as JSON, and to --out.
"""
import argparse
import sys
from pathlib import Path

from . import coco_files, confusion, detections, mot_files, plots, sheet, tracks
from .fault import BadInput


def score_detections(given: argparse.Namespace) -> str:
    pictures = coco_files.read(given.truth, given.results)
    thresholds = coco_files.read_thresholds(given.manifest) if given.manifest else {}
    figures = detections.scored(pictures, thresholds)
    drawn = plots.draw(pictures, thresholds, given.plots, given.data) if given.plots else []
    labelled = {box["category_id"] for box in pictures.truth}
    return sheet.write(
        given.out, "detections", given.data, sheet.date(given.date), figures,
        pictures=len(pictures.images), boxes=len(pictures.truth), results=len(pictures.results),
        thresholds={name: thresholds.get(name, 0.0) for name in pictures.names},
        classes_without_truth=[c["name"] for c in pictures.categories if c["id"] not in labelled],
        results_of_unlabelled_classes=pictures.unjudged, confusion=confusion.matrix(pictures, thresholds), plots=drawn,
    )


def score_tracks(given: argparse.Namespace) -> str:
    sequence = mot_files.read(given.truth, given.tracks, given.seqinfo, given.fps)
    figures = tracks.scored(sequence)
    ids = [len({i for ids, _ in side.values() for i in ids}) for side in (sequence.truth, sequence.tracks)]
    return sheet.write(given.out, "tracks", given.data, sheet.date(given.date), figures, frames=sequence.frames, true_ids=ids[0], track_ids=ids[1])


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

    new = command("detections", score_detections, "AP, recall, precision, confusion of a detector",
                  "detections --truth coco.json --results found.json --manifest models/street-nano.toml --plots plots")
    new.add_argument("--truth", type=Path, required=True, help="COCO JSON")
    new.add_argument("--results", type=Path, required=True, help="what `gridwarden detect` wrote, or COCO results")
    new.add_argument("--manifest", type=Path, help="model manifest: recall and precision at its score_min (default: at score 0)")
    new.add_argument("--plots", type=Path, help="folder for precision-recall curves")

    new = command("tracks", score_tracks, "MOTA, IDF1, HOTA, switches and fragmentation of a tracker",
                  "tracks --truth gt.txt --tracks tracks.txt --data 'TUD-Campus'")
    new.add_argument("--truth", type=Path, required=True, help="MOT challenge ground truth")
    new.add_argument("--tracks", type=Path, required=True, help="what `gridwarden track` wrote")
    new.add_argument("--seqinfo", type=Path, help="seqinfo.ini of the sequence: its length and frame rate")
    new.add_argument("--fps", type=float, help="frame rate that the tracker ran at; must be that of --seqinfo")
    return parser


def main(words: list[str] | None = None) -> int:
    given = options().parse_args(words)
    try:
        print(given.run(given))
    except BadInput as fault:
        print(f"score {given.what}: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
