"""Is the file sound: bytes, structure, tensors, external data and functions, before anything is allocated."""
