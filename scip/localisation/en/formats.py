"""A day names its weekday, a moment its zone: ``Tue 3 Mar 2027, 18:00 WET``."""

DATE_FORMAT = "D j M Y"
DATETIME_FORMAT = "D j M Y, H:i T"
TIME_FORMAT = "H:i"
