"""The sections of the page, one file each: results in, Markdown out."""
