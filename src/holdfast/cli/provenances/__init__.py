"""The commands of `holdfast provenance`, one file each."""
