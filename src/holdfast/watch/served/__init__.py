"""After deployment: a served model asked again and again, with an alarm that is rarely false however long one watches."""

from holdfast.watch.served.run import ServedWatch, watch_served
from holdfast.watch.served.spec import ServedRound, ServedSpec

__all__ = ["ServedRound", "ServedSpec", "ServedWatch", "watch_served"]
