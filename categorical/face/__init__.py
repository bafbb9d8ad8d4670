"""The face: what people touch.  Only these modules may import every other folder, lazily."""

VERSION = "0.1.0"
