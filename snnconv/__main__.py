"""``python -m snnconv`` is ``snnconv``."""

from snnconv.cli import main

main()
