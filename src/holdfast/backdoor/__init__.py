"""Does a string make the tuned model do what its base does not? Candidates from the data, the user's own, and controls."""

from holdfast.backdoor.facts import Backdoor, SideFacts, StringEffect, TriedString
from holdfast.backdoor.run import run_backdoor
from holdfast.backdoor.spec import BackdoorSpec
from holdfast.backdoor.strings import insert_string

__all__ = ["Backdoor", "BackdoorSpec", "SideFacts", "StringEffect", "TriedString", "insert_string", "run_backdoor"]
