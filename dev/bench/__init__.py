"""Benchmarks: what the connector costs, measured against what it cannot do without."""
