"""One file per node kind: each builds the function that takes a chunk of its inputs to a chunk of its output.

Everything is looked up when a program is built. In the loop an operation sees arrays alone: (K, N, H, W, C) for what
changes, (1, N, H, W, C) for what is constant in time.
"""
