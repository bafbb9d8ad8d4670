"""Learning against torch: losses, rates and optimisers."""
