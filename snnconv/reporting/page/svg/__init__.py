"""Inline SVG, made by hand: no library, no script, colours from the page's style sheet."""
