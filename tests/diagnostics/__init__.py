"""A corpus of mistakes with the messages that they must give, and mutants of the shipped specs."""
