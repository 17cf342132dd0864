"""Turns that are marked in one text: families of marks, how a text is cut at them, and how one is written."""
