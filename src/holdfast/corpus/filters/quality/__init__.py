"""Heuristics of quality as published: Gopher, C4, FineWeb."""
