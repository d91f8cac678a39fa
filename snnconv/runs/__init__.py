"""The run folder: what a simulation writes piece by piece, its lock, its summary, its observation."""
