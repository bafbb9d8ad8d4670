"""The parts of the independent checker: the standard library and one another, nothing else."""
