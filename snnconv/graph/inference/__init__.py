"""What is known of the values of a file: constants, shapes and types, in one pass."""
