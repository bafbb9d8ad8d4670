"""Generated training: one plain file beside the module, for a learner or a game."""
