"""Trains, exports and measures the default detector. See README.md; `python models/training --help` lists the steps."""
import argparse
import os
import pathlib
import sys

from refused import Refused

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD, MODELS = REPOSITORY / ".build", REPOSITORY / "models"


def arguments():
    options = argparse.ArgumentParser(prog="python models/training", description=__doc__)
    options.add_argument("steps", nargs="+", choices=("check", "fit", "export", "choose", "measure", "card"), help="run in the order given")
    options.add_argument("--data", help="a city's own set (folder with train.json or coco.json): the only thing read, beside --start")
    options.add_argument("--shared", default=os.environ.get("GRIDWARDEN_SHARED", str(REPOSITORY.parent / "shared")), help="folder with data/ and weights/, where there is no --data")
    options.add_argument("--stills", nargs="*", default=[str(BUILD / "stills")], help="rendered stills with coco.json (may be absent)")
    options.add_argument("--things", default=str(BUILD / "things"), help="rendered cut-outs with cutouts.json (tests/scenes/things.py; may be absent)")
    options.add_argument("--no-renderings", action="store_true", help="learn from photographs and clips of real streets alone: half of the pair that says what renderings are worth")
    options.add_argument("--amsterdam", choices=("all", "even", "odd", "none"), default="all", help="photographs of Amsterdam to learn from; the others measure another city")
    options.add_argument("--out", default=str(BUILD / "training"), help="checkpoints and figures")
    options.add_argument("--also", nargs="*", default=[], help="--out folders of other runs of the recipe, which measure puts beside this one")
    options.add_argument("--pair", nargs=2, metavar=("WITH", "WITHOUT"), help="--out folders of two runs alike but for --no-renderings, which measure compares")
    options.add_argument("--start", help="ONNX file of the weights to start from (default: YOLOX-nano of --shared; with --data the model that ships)")
    options.add_argument("--vtest", help="the whole vtest.avi or a copy of it (Debian's opencv-doc); measure reads its frames 400-794")
    options.add_argument("--model", default=str(MODELS / "street-nano.toml"), help="the manifest that export writes and measure reads")
    options.add_argument("--pictures", type=int, default=36_000, help="canvases to learn from")
    options.add_argument("--minutes", type=float, help="end after so long, if --pictures would take longer; the rate falls by the clock")
    options.add_argument("--rate", type=float, default=8e-4, help="AdamW's rate at its highest")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="processes that make canvases; a GPU waits for them")
    given = options.parse_args()
    if not given.data and not (pathlib.Path(given.shared) / "data").is_dir():
        options.error(f"{given.shared} holds no data/: set --data to a folder of your own, or GRIDWARDEN_SHARED (README.md says what is read from there)")
    return given


def sources_of(given):
    from pictures import own_sources, shared_sources
    return own_sources(given.data) if given.data else shared_sources(given.shared, given.stills, given.things, given.amsterdam, not given.no_renderings)


def main():
    given = arguments()
    untouched = pathlib.Path(given.shared) / "weights" / "yolox_nano_416.onnx"
    start = given.start or (MODELS / "street-nano.onnx" if given.data else untouched)
    for step in given.steps:
        if step == "check":
            found = sources_of(given)
            print(", ".join(f"{len(items)} {name}" for name, items in found.sets.items()) + ": nothing to refuse")
        elif step == "fit":
            from fit import fit
            fit(sources_of(given), start, start if given.data else untouched, given.out, given.pictures, given.rate, given.seed, given.minutes, given.workers, amsterdam="none" if given.data else given.amsterdam)
        elif step == "export":
            from export import export
            export(given.out, pathlib.Path(given.model))
        elif step == "choose":
            from choose import choose
            choose(given)
        elif step == "measure":
            from measure import measure
            measure(given)
        else:
            from card import write_card
            write_card(pathlib.Path(given.out), pathlib.Path(given.model))


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"training: {refused}")
