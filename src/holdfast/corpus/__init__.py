"""The defences of a training file at pre-training scale: filters, deduplication, signs of poisoning, canaries, provenance."""
