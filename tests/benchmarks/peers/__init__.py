"""Scripts that measure other libraries, each run by the Python that has that library."""
