"""Answers collapsed to one row per distinct pattern, with counts and weights; and moments and resamples of those cells."""
