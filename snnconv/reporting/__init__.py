"""A run folder becomes numbers: accuracy and loss with intervals, spikes, SynOps, and their price."""
