"""SpikingNetwork -> SpikingNetwork: one rewrite in a file, as `passes` has them for the graph."""
