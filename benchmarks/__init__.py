"""Benchmarks: ratios measured in one run, for `make bench`; no test depends on time."""
