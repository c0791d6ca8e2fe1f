"""The person, their profile and their roles."""

from datetime import date
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField


class Role(models.TextChoices):
    """What somebody may do for CMSC. A participant or candidate needs no role."""

    STAFF = "staff", _("CMSC office")
    AID = "aid", _("Decides on aid")
    FACILITATOR = "facilitator", _("Facilitator")
    SUPERVISOR = "supervisor", _("Supervisor")
    REVIEWER = "reviewer", _("Certification Committee")
    CHAIR = "chair", _("Chair of the committee")
    PANEL = "panel", _("Appeal panel")


def validate_time_zone(value: str) -> None:
    """A zone of the IANA database; ValidationError otherwise."""
    if value not in available_timezones():
        raise ValidationError(_("Please choose a time zone from the list."))


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: Any) -> Self:
        """Staff see everyone, everybody else sees themselves."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(pk=user.pk)

    def holding(self, *roles: str, on: date | None = None) -> Self:
        """People who hold one of these roles on a day (default today)."""
        return self.filter(pk__in=RoleGrant.objects.holding(*roles, on=on).values("user_id"))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person without a role. ``email`` is kept in lower case."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person of the CMSC office (`createsuperuser`); may grant every other role."""
        user = self.create_user(email, password, **fields)
        RoleGrant.objects.create(user=user, role=Role.STAFF)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())  # type: ignore[no-any-return]


class User(AbstractBaseUser):
    """A person. Signs in by e-mail; what they may do follows from role grants."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("As it should stand on your certificates, in any script."),
    )
    credentials_suffix = models.CharField(
        _("letters after your name"),
        max_length=60,
        blank=True,
        help_text=_("For example PhD, LCSW."),
    )
    profession = models.CharField(_("profession"), max_length=120, blank=True)
    country = CountryField(_("country"), blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    languages = ArrayField(
        models.CharField(max_length=8), verbose_name=_("languages"), default=list, blank=True
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    session_generation = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Raised to end every session of this person at once."),
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case")
        ]
        indexes = [models.Index(fields=["name"], name="user_name")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def display_name(self) -> str:
        """Name with the letters after it, as on certificates."""
        return ", ".join(part for part in (self.name, self.credentials_suffix) if part)

    def get_short_name(self) -> str:
        return self.first_name

    @property
    def first_name(self) -> str:
        """How pages greet the person: the first word of the name (some names have only one)."""
        return self.name.split(" ", 1)[0] if self.name else ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held today, read once per request."""
        grants = RoleGrant.objects.holding().filter(user_id=self.pk)
        return frozenset(grants.values_list("role", flat=True))

    def has_role(self, *roles: str) -> bool:
        """Does the person hold any of these roles today?"""
        return self.is_active and not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """May enter the admin: the office, and the people who decide on aid.

        What they see there is decided by each model's admin class.
        """
        return self.has_role(Role.STAFF, Role.AID)

    @property
    def is_superuser(self) -> bool:
        """Nobody is above the rules: there are roles only."""
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """No permission follows from Django's tables: our admin classes ask the roles, and
        pages that third-party apps register (second factors, sessions) stay shut."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Sessions end with the password they were opened with, and with a change of roles."""
        return salted_hmac(
            "scip.accounts.session",
            f"{self.password}:{self.session_generation}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def holding(self, *roles: str, on: date | None = None) -> Self:
        """Grants in force on a day (default today), of these roles or of any."""
        on = on or timezone.localdate(timezone=ZoneInfo("UTC"))
        held = self.filter(Q(until=None) | Q(until__gt=on), since__lte=on)
        return held.filter(role__in=roles) if roles else held


def today_utc() -> date:
    return timezone.localdate(timezone=ZoneInfo("UTC"))


class RoleGrant(models.Model):
    """A role, from the day ``since``; from the day ``until`` on it is no longer held.

    Ended, never deleted. ``until`` may be the first day itself: ending takes effect at once.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    since = models.DateField(default=today_utc)
    until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "since"], name="role_granted_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")),
                name="role_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.user}"
