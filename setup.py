"""Builds the event-driven kernel where a C compiler is there; everything else stands in pyproject.toml."""

from setuptools import Extension, setup

FOLDER = "snnconv/runtime/event/kernel"

kernel = Extension(
    "snnconv.runtime.event._kernel",
    sources=[
        f"{FOLDER}/{name}.c" for name in ("module", "bits", "isas", "isa_avx512", "isa_avx2", "isa_neon", "isa_scalar")
    ],
    depends=[
        f"{FOLDER}/{name}.h"
        for name in ("kernel", "body", "lists", "tables", "neurons", "layer", "tally", "portable", "bits")
    ],
    # a multiplication and an addition in one rounding would give other membranes than NumPy
    extra_compile_args=["-O3", "-ffp-contract=off"],
    py_limited_api=True,
    # without a compiler the package installs all the same, and runs in NumPy
    optional=True,
)

setup(ext_modules=[kernel], options={"bdist_wheel": {"py_limited_api": "cp311"}})
