"""Says what is wrong with a source archive and a wheel; exit 1 if anything is.

Usage: python archives.py TREE SNNCONV.tar.gz SNNCONV.whl
"""

import sys
import tarfile
import zipfile
from pathlib import Path

KERNEL = "snnconv/runtime/event/kernel"
EXTENSION = "snnconv/runtime/event/_kernel.abi3.so"


def wrong_with_source(tree: Path, archive: Path) -> list[str]:
    """Compare a source archive with the tree: it has to hold all of the package and what builds it."""
    with tarfile.open(archive) as opened:
        # the first folder is the archive's own
        held = {name.partition("/")[2] for name in opened.getnames()}
    package = [path for path in (tree / "snnconv").rglob("*") if path.is_file()]
    wanted = {path.relative_to(tree).as_posix() for path in package}
    wanted |= {"setup.py", "pyproject.toml", "README.md", "LICENSE"}
    return [f"{archive.name} lacks {name}" for name in sorted(wanted - held)] + [
        f"{archive.name} holds {name}, a test without what it needs"
        for name in sorted(held)
        if name.startswith("tests/") and name.endswith(".py") and "tests/conftest.py" not in held
    ]


def wrong_with_wheel(tree: Path, wheel: Path) -> list[str]:
    """Say what a wheel lacks, and what it has that only a build needs."""
    with zipfile.ZipFile(wheel) as opened:
        held = set(opened.namelist())
    data = {"snnconv/py.typed", "snnconv/runtime/event/_kernel.pyi"}
    data |= {path.relative_to(tree).as_posix() for path in (tree / "snnconv").rglob("*.json")}
    data |= {path.relative_to(tree).as_posix() for path in (tree / "snnconv").rglob("*.py")}
    made = [f"{wheel.name} lacks {name}" for name in sorted((data | {EXTENSION}) - held)]
    made += [f"{wheel.name} holds {name}" for name in sorted(held) if name.endswith((".c", ".h"))]
    made += [f"{wheel.name} holds {name}" for name in sorted(held) if name.split("/")[0] in ("tests", "benchmarks")]
    if "-cp311-abi3-" not in wheel.name:
        made.append(f"{wheel.name} is not for every Python from 3.11 on: expected cp311-abi3 in its name")
    return made


def main() -> int:
    tree, source, wheel = map(Path, sys.argv[1:])
    if not list((tree / KERNEL).glob("*.c")):
        sys.stdout.write(f"{tree} holds no kernel to look for\n")
        return 1
    wrong = wrong_with_source(tree, source) + wrong_with_wheel(tree, wheel)
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
