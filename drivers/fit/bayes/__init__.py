"""Posteriors of flat models without a Markov chain: exact, or Laplace corrected and checked by importance weights."""
