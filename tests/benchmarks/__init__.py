"""Benchmarks: commands that print a table; nothing here is an assertion on time."""
