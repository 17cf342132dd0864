"""Context distillation: the aligned model itself writes the safety rows, under a preamble that the rows do not hold."""
