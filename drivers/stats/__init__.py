"""Estimators as pure functions on arrays, one topic per file; no tables, no names of columns."""
