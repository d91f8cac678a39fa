"""What a figure was measured on: the processor, the software, the files. Every result carries it.

python benchmarks/machine.py
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

PACKAGES = ("snnconv", "numpy", "onnx", "onnxruntime", "safetensors", "pydantic")


def describe() -> dict[str, Any]:
    """Give processor, memory, versions, and the load when this is called."""
    import numpy  # noqa: F401 - threadpoolctl names the BLAS that is loaded

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "caches": _caches(),
        "instructions": _instructions(),
        "memory_gb": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "blas": sorted({f"{i['internal_api']} {i['version']}" for i in threadpool_info() if i["user_api"] == "blas"}),
        "revision": revision(),
        "load_before": os.getloadavg()[0],
    }


def sha256_of(paths: Iterable[Path]) -> dict[str, str]:
    """Give the SHA-256 of files by name."""
    result = {}
    for path in paths:
        with path.open("rb") as file:
            result[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return result


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _caches() -> dict[str, str]:
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind = ((folder / name).read_text().strip() for name in ("level", "type"))
        found[f"L{level} {kind.lower()}"] = (folder / "size").read_text().strip()
    return found


def _instructions() -> list[str]:
    """Give the vector instructions that decide how fast dense and sparse arithmetic are."""
    flags: set[str] = set()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = set(line.partition(":")[2].split())
            break
    wanted = ("avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile")
    return [name for name in wanted if name in flags]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def revision(written: Iterable[str] = ()) -> str | None:
    """Give the commit of the source tree, with a mark if files differ from it; None outside a checkout.

    Parameters
    ----------
    written : iterable of str
        Files, from the project's root, that the caller writes itself: they do not count.
    """
    root = str(Path(__file__).parents[1])
    others = [f":(exclude){name}" for name in written]
    try:
        commit = _git(root, "rev-parse", "--short", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", *others)
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}-dirty" if changed else commit


def _git(root: str, *words: str) -> str:
    return subprocess.run(["git", "-C", root, *words], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    print(json.dumps(describe(), indent=2))
