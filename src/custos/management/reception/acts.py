"""The grave acts of arrival, stay and release."""

from custos.management.reception import apart as apart
from custos.management.reception import ending as ending
from custos.management.reception import erasing as erasing
from custos.management.reception import merging as merging
from custos.management.reception import unsealing as unsealing
from custos.management.reception.release import acts as release_acts  # noqa: F401
