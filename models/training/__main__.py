"""Trains, exports and measures the default detector. See README.md; `python models/training --help` lists the steps."""
import argparse
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def main():
    options = argparse.ArgumentParser(prog="python models/training", description=__doc__)
    options.add_argument("steps", nargs="+", choices=("fit", "export", "measure"), help="run in the order given")
    options.add_argument("--shared", default=os.environ.get("GRIDWARDEN_SHARED", str(REPOSITORY.parent / "shared")), help="folder with data/ and weights/")
    options.add_argument("--stills", default=str(REPOSITORY / ".build" / "stills"), help="rendered stills with coco.json (may be absent)")
    options.add_argument("--out", default=str(REPOSITORY / ".build" / "training"), help="checkpoints and figures")
    options.add_argument("--pictures", type=int, default=21_000, help="canvases to learn from")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    if not (pathlib.Path(given.shared) / "data").is_dir():
        options.error(f"{given.shared} holds no data/: set GRIDWARDEN_SHARED or --shared (README.md says what is read from there)")
    for step in given.steps:
        if step == "fit":
            from fit import fit
            fit(given.shared, given.stills, given.out, given.pictures, given.seed)
        elif step == "export":
            from export import export
            export(given.out, REPOSITORY / "models")
        else:
            from measure import measure
            measure(given.shared, given.stills, given.out, REPOSITORY / "models")


if __name__ == "__main__":
    main()
