"""What holds for every pytest run of this repository.

Spec files are collected by the plugin (``categorical.pytest_plugin``), one test a law, and only
when a run names them; their docstrings are prose, so they are kept out of the doctests.
"""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest
from _pytest.doctest import DoctestModule

import categorical  # noqa: F401  (whole, before pytest executes one of its modules for doctests)

ROOT = Path(__file__).parent

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path,
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Drop the doctest collector of every file below ``specs/``."""
    collectors = yield
    if ROOT / "specs" not in file_path.parents:
        return collectors
    return [found for found in collectors if not isinstance(found, DoctestModule)]
