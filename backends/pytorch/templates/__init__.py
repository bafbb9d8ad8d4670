"""The skeleton of a generated file."""
