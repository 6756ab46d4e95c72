"""Benchmarks: `python -m benchmarks` measures commonweal side by side with what it must beat, in one table.

Each file in `cases/` is one case and is found there. Nothing of this is shipped with the package.
"""
