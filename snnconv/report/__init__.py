"""A run folder becomes numbers and tables: accuracy and loss with intervals, spikes, SynOps, and their price."""
