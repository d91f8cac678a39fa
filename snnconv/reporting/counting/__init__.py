"""How others count operations, one file for each way, so that published tables can be set beside a run."""
