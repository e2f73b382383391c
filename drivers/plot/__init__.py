"""A result in, a matplotlib `Axes` out; nothing is computed here."""
