"""The commands of `holdfast corpus`, one per file."""
