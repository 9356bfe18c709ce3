"""Lets the CUDA build of torch, the only one PyPI has, start on a machine without CUDA, saving several GB of downloads.

Makes an empty library for each CUDA library torch links to and does not find, holding the symbols it asks for (all return 1).
Run inside the virtual environment, after `pip install torch --no-deps`. Needs gcc and readelf. Torch then reports no CUDA.
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

PRESENT = {"libcudart.so.12"}  # installed as a package of its own
CUDA_LIBRARY, CUDA_SYMBOL = r"lib(cu|nccl|nv)", r"(cu|nccl|nvrtc|nvJit|nvtx)"
UNVERSIONED_HOME = "libcusparseLt"  # symbols without a version go into this one


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def wanted(folder):
    """Missing libraries, and the version nodes each undefined CUDA symbol is asked for under ("" for none)."""
    here, missing, symbols = {p.name for p in folder.iterdir()} | PRESENT, [], collections.defaultdict(set)
    for library in sorted(folder.glob("*.so*")):
        for line in lines("readelf", "-dW", str(library)):
            name = re.search(r"NEEDED.*\[(.*?)\]", line)
            if name and name[1] not in here and name[1] not in missing and re.match(CUDA_LIBRARY, name[1]):
                missing.append(name[1])
        for line in lines("readelf", "-W", "--dyn-syms", str(library)):
            field = line.split()
            if len(field) >= 8 and field[6] == "UND":
                symbol, _, version = field[7].replace("@@", "@").partition("@")
                if re.match(CUDA_SYMBOL, symbol) and not symbol.startswith("cuda") and not version.startswith("libcudart"):
                    symbols[symbol].add(version)
    return missing, symbols


def main():
    folder = next(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages/torch/lib"))
    missing, symbols = wanted(folder)
    with tempfile.TemporaryDirectory() as work:
        source, versions = pathlib.Path(work, "stub.c"), pathlib.Path(work, "stub.map")
        for library in missing:
            named = sorted(s for s, v in symbols.items() if library in v)
            plain = sorted(s for s, v in symbols.items() if v == {""}) if library.startswith(UNVERSIONED_HOME) else []
            source.write_text("".join(f"int {s}(void){{return 1;}}\n" for s in named + plain) or "int gridwarden_stub;\n")
            command = ["gcc", "-shared", "-fPIC", "-o", str(folder / library), str(source), f"-Wl,-soname,{library}"]
            if named:
                versions.write_text(f"{library} {{ global: {' '.join(s + ';' for s in named)} }};\n")
                command.append(f"-Wl,--version-script={versions}")
            subprocess.run(command, check=True)
    print(f"{len(missing)} stub libraries in {folder}")


if __name__ == "__main__":
    main()
