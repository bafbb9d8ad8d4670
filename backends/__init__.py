"""Out of the language: PyTorch source (`backends.pytorch`) and drawings (`backends.diagrams`)."""
