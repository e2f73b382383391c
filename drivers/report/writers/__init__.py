"""One writer per format: a `Report` in, the bytes of a file out."""
