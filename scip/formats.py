"""How money, days and moments are written everywhere: pages, letters, documents."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def money(cents: int, currency: str = "USD") -> str:
    """``259500`` → ``USD 2,595``; cents are shown only where there are any."""
    sign = "−" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{currency} {whole:,}" + (f".{rest:02}" if rest else "")


def zone_name(zone: str) -> str:
    """``Europe/Lisbon`` → ``Lisbon time``."""
    if zone == "UTC":
        return _("UTC")
    return _("{place} time").format(place=zone.rsplit("/", 1)[-1].replace("_", " "))


def day(value: date) -> str:
    """``Tuesday 3 March 2027``; of a moment the day in the active zone."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return date_format(value, "l j F Y")


def deadline(value: date) -> str:
    """``Tuesday 3 March 2027 (UTC)``: until when something is asked or promised; of a moment its
    day in UTC, so that everybody reads the same day, wherever they are."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date()
    return _("{day} (UTC)").format(day=day(value))


def moment(value: datetime, zone: str | None = None) -> str:
    """``Tuesday 3 March 2027, 18:00, Lisbon time``, in ``zone`` or the active zone."""
    info = ZoneInfo(zone) if zone else timezone.get_current_timezone()
    local = value.astimezone(info)
    return f"{day(local.date())}, {local:%H:%M}, {zone_name(str(info))}"


def initials(name: str) -> str:
    """First letters of the first and the last word, for the round beside a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
