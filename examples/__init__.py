"""Runnable trainings on real data, each under a minute on two CPU cores."""
