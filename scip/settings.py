"""Settings: embedded by default, real by configuration.

Every part has an embedded form that needs nothing installed, and a real one that an
environment variable switches on (the table is in the README). Nothing above this file
asks which of the two is running.
"""

import base64
import binascii
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from scip.embedded import embedded_secrets
from scip.schedule import beat_schedule
from scip.signing import WrongIdentity, identity_of

# Lets annotations name the model of an admin class or a form at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def refuse(name: str, what: str) -> ImproperlyConfigured:
    """The sentence for a missing or wrong environment variable."""
    return ImproperlyConfigured(f"{name}: {what} The README lists every variable.")


DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
DEMO_DATA = Path(env("DEMO_DATA", default=str(BASE_DIR / ".demo"))).resolve()

DATABASE_URL = env("DATABASE_URL", default="")
EMBEDDED = not DATABASE_URL
if EMBEDDED:
    DATABASE_URL = f"postgres://postgres@/scip?host={quote(str(DEMO_DATA / 'postgres' / 'socket'))}"
embedded = embedded_secrets(DEMO_DATA) if EMBEDDED else {}

SECRET_KEY = env("SECRET_KEY", default=embedded.get("SECRET_KEY", ""))
if not SECRET_KEY:
    raise refuse("SECRET_KEY", "set it to a long random string, and keep it secret.")
# Former keys, newest first: what they signed stays good while a new one takes over.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
if urlsplit(SITE_URL).scheme not in {"http", "https"} or not urlsplit(SITE_URL).hostname:
    raise refuse("SITE_URL", "set it to the public address, for example https://scip.example.org.")
SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=sorted({urlsplit(SITE_URL).hostname or "", "localhost", "127.0.0.1"}),
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "scip",
    "scip.audit",
    "scip.mail",
    "scip.pdf",
    "scip.vault",
    "scip.policy",
    "scip.accounts",
    "scip.credentials",
    "payments",
    "cohorts",
    "consultations",
    "scip.community",
    "certification.candidacy",
    "supervision",
    "certification.portfolio",
    "certification.review",
    "scip.pages",
    "scip.directory",
    "scip.pathway",
    "scip.console",
    "scip.privacy",
    *(["scip.demo"] if DEMO else []),
    "scip.console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_countries",
    "django_htmx",
    "lucide",
]

MIDDLEWARE = [
    "scip.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "scip.accounts.middleware.SessionActivityMiddleware",
    "scip.accounts.middleware.SecondFactorMiddleware",
    "scip.accounts.middleware.TimeZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "scip.urls"
WSGI_APPLICATION = "scip.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The demo's additions to other pages come first, and exist only while it runs.
        "DIRS": [
            *([BASE_DIR / "templates" / "demo" / "over"] if DEMO else []),
            BASE_DIR / "templates",
        ],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "scip.accounts.context.site",
            ],
        },
    }
]

# One connection a worker, kept open: granian runs one blocking thread a process.
DATABASES = {
    "default": {
        **env.db_url_config(DATABASE_URL),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"TEMPLATE": "template0"},
    }
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise refuse("DATABASE_URL", "only PostgreSQL works here (postgres://user:password@host/name).")
DATABASES["default"]["ENGINE"] = "scip.database"

REDIS_URL = env("REDIS_URL", default="")
# Rate limits and replay guards need a cache that all processes share.
CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # A Redis that does not answer must not hold a worker until the kernel gives up.
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache_entries",
            # Above the default of 300, where a flood of requests would wash out the rate limits.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    ),
    # Whole pages for visitors (scip.unchanged). Each worker has its own: their keys name all that
    # they say, so two memories can't contradict each other.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 256},
    },
}

# --- People and sign-in ---------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "scip.accounts.passwords.OurWordsValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = 3 * 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pathway:home"
ACCOUNT_ADAPTER = "scip.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "homepage"
ACCOUNT_FORMS = {"signup": "scip.accounts.forms.account.SignupForm"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_ADAPTER = "scip.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "SCIP Pathway"
USERSESSIONS_TRACK_ACTIVITY = True

# --- Security -------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{PREFIX}session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# Seconds after which one signs in again, however busy the session was.
SESSION_LONGEST = 30 * 24 * 3600
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{PREFIX}csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_PERMISSIONS = 0o640


def vault_keys(encoded: list[str]) -> list[bytes]:
    """Decode VAULT_KEYS (base64, 32 bytes each, newest first)."""
    try:
        keys = [base64.b64decode(item, validate=True) for item in encoded]
    except binascii.Error as error:
        raise refuse("VAULT_KEYS", "each key is 32 random bytes in base64.") from error
    if not keys or any(len(key) != 32 for key in keys):
        raise refuse(
            "VAULT_KEYS", "give at least one key, 32 random bytes in base64, newest first."
        )
    return keys


VAULT_KEYS = vault_keys(
    env.list("VAULT_KEYS", default=[key for key in [embedded.get("VAULT_KEYS")] if key])
)
CLAMAV_SOCKET = env("CLAMAV_SOCKET", default="")

# Signs papers, badges and the facts behind them (see scip.signing).
SIGNING_CERT = env("SIGNING_CERT", default=embedded.get("SIGNING_CERT", ""))
SIGNING_KEY = env("SIGNING_KEY", default=embedded.get("SIGNING_KEY", ""))
# Certificates of former keys: what they signed stays good.
SIGNING_CERT_FALLBACKS = env.list("SIGNING_CERT_FALLBACKS", default=[])
if not (SIGNING_CERT and SIGNING_KEY):
    raise refuse(
        "SIGNING_CERT and SIGNING_KEY",
        "set both; `python -m scip.signing` makes a pair if you have none from an authority.",
    )
try:
    identity_of(SIGNING_CERT, SIGNING_KEY, tuple(SIGNING_CERT_FALLBACKS))
except WrongIdentity as error:
    raise refuse("SIGNING_CERT and SIGNING_KEY", str(error)) from error

# --- Files ----------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DEMO_DATA / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# How long somebody can fetch the copy of their data that they asked for.
DATA_EXPORT_DAYS = env.int("DATA_EXPORT_DAYS", default=7)
if DATA_EXPORT_DAYS < 1:
    raise refuse("DATA_EXPORT_DAYS", "set it to a number of days, at least 1.")
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(DEMO_DATA / "files")))
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Templates name files by their hashed names only; half as many to compress.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
S3_BUCKET = env("S3_BUCKET", default="")


def file_storage(folder: str) -> dict[str, Any]:
    """Local folder, or a prefix in the S3 bucket when S3_BUCKET is set. Never served directly."""
    if not S3_BUCKET:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": MEDIA_ROOT / folder, "base_url": None},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env("S3_ENDPOINT_URL", default="") or None,
            "region_name": env("S3_REGION", default="") or None,
            "access_key": env("S3_ACCESS_KEY", default="") or None,
            "secret_key": env("S3_SECRET_KEY", default="") or None,
            "location": folder,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }


STORAGES = {
    "default": file_storage("documents"),
    "vault": file_storage("vault"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Letters --------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="SCIP Pathway <scip@localhost>")
if "@" not in parseaddr(DEFAULT_FROM_EMAIL)[1]:
    raise refuse("DEFAULT_FROM_EMAIL", "set it to an address, for example SCIP <scip@example.org>.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
STAFF_EMAIL = env("STAFF_EMAIL", default="") or parseaddr(DEFAULT_FROM_EMAIL)[1]
EMAIL_URL = env("EMAIL_URL", default="")


def mailer(url: str) -> dict[str, Any]:
    """Mail on disk (and shown in the demo's outbox) without EMAIL_URL, else SMTP."""
    if not url:
        return {
            "BACKEND": "scip.mail.backends.FolderBackend",
            "OPTIONS": {"folder": str(DEMO_DATA / "mail")},
        }
    parts = environ.Env.email_url_config(url)
    if not parts.get("EMAIL_HOST"):
        raise refuse("EMAIL_URL", "use smtp://, smtp+tls:// or smtp+ssl:// with a host.")
    return {
        "BACKEND": "scip.mail.smtp.SmtpBackend",
        "OPTIONS": {
            "host": parts["EMAIL_HOST"],
            "port": parts["EMAIL_PORT"] or 25,
            "username": parts["EMAIL_HOST_USER"] or None,
            "password": parts["EMAIL_HOST_PASSWORD"] or None,
            "use_tls": bool(parts.get("EMAIL_USE_TLS")),
            "use_ssl": bool(parts.get("EMAIL_USE_SSL")),
            "timeout": 15,
        },
    }


MAILERS = {"default": mailer(EMAIL_URL)}

# --- Money ----------------------------------------------------------------------------
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRET:
    raise refuse("STRIPE_WEBHOOK_SECRET", "set it too, since STRIPE_SECRET_KEY is set.")

# --- Background work ------------------------------------------------------------------
BROKER_FOLDER = DEMO_DATA / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    # hard time limit < visibility timeout < every business expiry
    {"visibility_timeout": 300, "socket_connect_timeout": 2, "socket_keepalive": True}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_FOLDER / "messages"),
        "data_folder_out": str(BROKER_FOLDER / "messages"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "polling_interval": 0.1,
    }
)
if not REDIS_URL:
    for folder in ("messages", "control"):
        (BROKER_FOLDER / folder).mkdir(parents=True, exist_ok=True)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    # Letters to very many: a queue of their own, so that a code for signing in waits for no
    # more than the portions under way.
    "scip.mail.deliver_many": {"queue": "bulk"},
    "scip.mail.sweep": {"queue": "bulk"},
    "cohorts.write_reminders": {"queue": "bulk"},
    "scip.mail.*": {"queue": "mail"},
    "scip.credentials.*": {"queue": "pdf"},
    "payments.make_*": {"queue": "pdf"},
    # Minutes for one file: a worker of its own, so that no letter and no PDF waits for it.
    "scip.vault.check_*": {"queue": "arrivals"},
    "privacy.make_export": {"queue": "arrivals"},
    "certification.review.make_*": {"queue": "pdf"},
    "portfolio.make_*": {"queue": "pdf"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DEMO_DATA / "beat")
CELERY_BEAT_SCHEDULE = beat_schedule(is_practice=not STRIPE_SECRET_KEY)

# --- Language, time, forms ------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "scip.localisation"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
COUNTRIES_FIRST: list[str] = []

# The demo's people have published passwords, and anybody may sign in as any of them.
is_elsewhere = DATABASES["default"].get("HOST") not in {None, "", "localhost", "127.0.0.1"}
if DEMO and (is_elsewhere or REDIS_URL or EMAIL_URL or STRIPE_SECRET_KEY or S3_BUCKET):
    raise refuse("DEMO", "it runs on its embedded parts alone; unset it where real ones are set.")

# --- Watching -------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"level": "INFO"},
        "fontTools": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
SENTRY_DSN = env("SENTRY_DSN", default="")
if SENTRY_DSN:
    import sentry_sdk

    # Forms here carry statements of need and facts of evidence: no part of a request's body leaves.
    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
    )
