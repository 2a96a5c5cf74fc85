"""Benchmarks: ratios measured in one run, for `make bench`. Nothing in the tests depends on time."""
