"""What would happen if: actions, and what averaging a fitted model over the population says of them."""
