#!/bin/sh
# The one check command: formatting, lint, types, layers, tests. Run it from the project's root.
set -eu
bin=${BIN:-.venv/bin}
"$bin/ruff" format --check .
"$bin/ruff" check .
"$bin/mypy"
"$bin/lint-imports"
exec "$bin/python" -m pytest -q --numprocesses auto "$@"
