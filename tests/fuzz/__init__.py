"""Random well-typed architectures, to compare the reference meaning with the emitted source."""
