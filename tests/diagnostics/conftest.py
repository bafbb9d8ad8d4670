"""The mistakes are data: they are loaded by the tests, never collected."""

collect_ignore_glob = ["mistakes/*"]
