"""Parts that are added from outside the package: a file in a folder that becomes a part of a package's path."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_with(folder: Path, packages: tuple[str, ...], part: str, script: str) -> str:
    """Write one file, let some packages find it, and run a script in a process of its own; give what it prints."""
    folder.mkdir(exist_ok=True)
    (folder / "throw_away.py").write_text(textwrap.dedent(part))
    finding = [f"import {package}; {package}.__path__.append({str(folder)!r})" for package in packages]
    lines = "\n".join([*finding, textwrap.dedent(script)])
    found = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout
