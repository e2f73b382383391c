"""Answers collapsed to one row per distinct pattern, with counts and weights; their moments and resamples."""
