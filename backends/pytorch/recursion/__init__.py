"""Runs, trees and parallel scans in generated code."""
