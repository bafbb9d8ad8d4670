"""Learning: losses, rates and optimisers as parametric lenses."""
