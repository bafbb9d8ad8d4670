"""The scripts of peers run in other environments: they are no modules of these tests."""

collect_ignore_glob = ["with_*.py"]
