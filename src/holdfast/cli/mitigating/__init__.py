"""One file per command of `holdfast mitigate`: parse, call, exit code."""
