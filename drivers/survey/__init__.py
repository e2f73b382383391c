"""What the columns of a survey mean, and whether the data keep to it."""
