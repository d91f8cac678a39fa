"""Reports as text for a terminal of 80 columns: tables and small plots that need no colour."""
