"""The kernel alone, in a C program: every instruction set against a double loop, without Python and with sanitizers."""

import hashlib
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KERNEL = HERE.parents[2] / "snnconv" / "runtime" / "event" / "kernel"
INCLUDES = [f"-I{KERNEL}", f"-I{HERE}"]
STRICT = ["-Wall", "-Wextra", "-Werror"]
# as in setup.py
FLAGS = ["-O3", "-ffp-contract=off", *STRICT]

pytestmark = pytest.mark.skipif(not KERNEL.is_dir(), reason="the kernel's sources are not here, only the package")

Build = Callable[..., Path]


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def programs(*names: tuple[str, str]) -> list[str]:
    """Give the paths of programs; skip where one is missing, with the Debian package that has it."""
    missing = [f"{name} (Debian: {package})" for name, package in names if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return [name for name, _ in names]


@pytest.fixture(scope="module")
def build(request, tmp_path_factory) -> Build:
    """Build the self-test, and keep it for the next time: compiling takes half a minute."""

    def made(compiler: str, flags: list[str], link: list[str]) -> Path:
        kernel = sorted(path for path in KERNEL.glob("*.c") if path.name != "module.c")
        sources = [*kernel, *sorted(HERE.glob("*.c"))]
        headers = [*KERNEL.glob("*.h"), *HERE.glob("*.h")]
        digest = hashlib.sha256(repr((run(compiler, "--version"), flags, link)).encode())
        for path in [*sources, *sorted(headers)]:
            digest.update(path.read_bytes())
        folder = Path(request.config.cache.mkdir("snnconv-selftest")) / "-".join([compiler, *link]).replace("/", "-")
        folder.mkdir(exist_ok=True)
        program = folder / digest.hexdigest()[:16]
        if not program.exists():
            old = list(folder.iterdir())
            objects = compile_all(compiler, flags, sources, tmp_path_factory.mktemp("objects"))
            # under another name first: what an interruption leaves is not taken for the program
            unfinished = program.with_suffix(f".{os.getpid()}")
            run(compiler, *link, *objects, "-lm", "-o", unfinished)
            unfinished.replace(program)
            for path in old:
                path.unlink(missing_ok=True)
        return program

    return made


def compile_all(compiler: str, flags: list[str], sources: list[Path], folder: Path) -> list[Path]:
    def compile_one(source: Path) -> Path:
        made = folder / f"{source.stem}.o"
        # only the kernel is examined; what it is compared with is as fast as it can be
        own = flags if source.parent == KERNEL else FLAGS
        run(compiler, *own, *INCLUDES, "-c", source, "-o", made)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, sources))


def assert_equal_everywhere(report: str, *expected: str) -> None:
    lines = dict(line.split(": ", 1) for line in report.splitlines())
    for name in ("bits", *expected):
        assert lines[name].endswith(" 0 differ"), report


def test_every_instruction_set_equals_the_double_loop(build) -> None:
    (cc,) = programs(("cc", "gcc"))
    assert_equal_everywhere(run(build(cc, FLAGS, [])), "scalar")


def test_nothing_is_read_or_written_outside(build, tmp_path) -> None:
    (cc,) = programs(("cc", "gcc"))
    sanitizers = "-fsanitize=address,undefined"
    (tmp_path / "empty.c").write_text("int main(void) { return 0; }\n")
    probe = [cc, sanitizers, tmp_path / "empty.c", "-o", tmp_path / "empty"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("the C compiler has no sanitizers (Debian: libgcc-dev)")
    flags = ["-O1", "-g1", "-ffp-contract=off", sanitizers, "-fno-sanitize-recover=all"]
    assert_equal_everywhere(run(build(cc, flags, [sanitizers]), 30), "scalar")


def test_neon_equals_the_double_loop(build) -> None:
    cc, emulator = programs(
        ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"), ("qemu-aarch64-static", "qemu-user-static")
    )
    flags = ["-O2", "-ffp-contract=off", *STRICT]
    assert_equal_everywhere(run(emulator, build(cc, flags, ["-static"]), 30), "neon", "scalar")


def test_the_border_to_python_compiles_without_warnings(tmp_path) -> None:
    """The other sources are compiled with the same flags above."""
    (cc,) = programs(("cc", "gcc"))
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").exists():
        pytest.skip("Python.h is not installed (Debian: python3-dev)")
    run(cc, *FLAGS, *INCLUDES, f"-I{include}", "-c", KERNEL / "module.c", "-o", tmp_path / "module.o")
