"""Trying repairs: made, measured on two halves of the prompts, kept, and the one that holds recommended."""
