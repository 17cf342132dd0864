"""Before spending: what threatens each phase, which source to defend first, what a fine-tune is likely to cost, what to do about it."""
