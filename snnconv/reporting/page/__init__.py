"""One self-contained page of a run, or of several: ``snnconv report RUN/ --html PAGE.html``."""

from snnconv.reporting.page.page import page, write_page

__all__ = ["page", "write_page"]
