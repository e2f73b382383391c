"""Linear, ordinal and binary models fitted on cells by weighted maximum likelihood, with design-based errors."""
