"""Tests, mirroring the folders file by file."""
