"""The event-driven runtime: spikes as bits, a kernel in C that adds up weight rows, NumPy for what is left."""
