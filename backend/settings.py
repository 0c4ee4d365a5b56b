"""
One settings file, filled from the environment (and from `.env` beside manage.py, which the first start writes).

A missing value, or a known variable with a value that cannot be used, stops the start with a sentence.
"""

from __future__ import annotations

import os
import sys
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import environ
import structlog
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable

from backend.kernel.logs import drop_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
_env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if _env_file.is_file():
    env.read_env(_env_file)


def _needed(name: str) -> str:
    value: str = env.str(name, default="").strip()
    if not value:
        message = f"{name} is not set. `make run` writes a .env with fresh keys; or set {name} in the environment."
        raise ImproperlyConfigured(message)
    return value


def _fernet_keys(text: str) -> list[str]:
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS holds no key.")
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            message = f"FIELD_ENCRYPTION_KEYS: key {number} is not a Fernet key (44 characters of URL-safe base64)."
            raise ImproperlyConfigured(message) from error
    return keys


def _whole_number(name: str, default: int, lowest: int, highest: int) -> int:
    text = env.str(name, default=str(default))
    if not text.isdigit() or not lowest <= int(text) <= highest:
        message = f"{name} is '{text}'; it takes a whole number from {lowest} to {highest}."
        raise ImproperlyConfigured(message)
    return int(text)


def _switch(name: str, *, default: bool) -> bool:
    text = env.str(name, default="on" if default else "off").lower()
    if text not in {"on", "off", "true", "false", "1", "0"}:
        message = f"{name} is '{text}'; it takes on or off."
        raise ImproperlyConfigured(message)
    return text in {"on", "true", "1"}


def _one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
    text: str = env.str(name, default="").upper() or default
    if text not in choices:
        message = f"{name} is '{text}'; it takes one of {', '.join(choices)}."
        raise ImproperlyConfigured(message)
    return text


def _parsed(name: str, example: str, parse: Callable[[str], dict[str, Any]], default: str) -> dict[str, Any]:
    """The parts of an address; a password in it is never repeated in the message."""
    try:
        return parse(env.str(name, default="") or default)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        message = f"{name} cannot be read; it takes an address such as {example}"
        raise ImproperlyConfigured(message) from error


def _database(text: str) -> dict[str, Any]:
    if urlsplit(text).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(text)
    return dict(environ.Env.db_url_config(text))


def _hosts() -> list[str]:
    hosts: list[str] = [host for host in env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]) if host]
    if not hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS is empty; it takes the names people reach this service by.")
    return hosts


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"PUBLIC_URL is '{text}'; it takes an address such as https://qianshou.example.org"
        raise ImproperlyConfigured(message)
    return text.rstrip("/")


def _gateway_url(text: str) -> str:
    """Numbers and codes travel encrypted, or do not leave the machine."""
    parts = urlsplit(text)
    is_near = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    try:
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_whole = False
    if not text or (is_whole and (parts.scheme == "https" or is_near)):
        return text
    raise ImproperlyConfigured(
        "SMS_URL cannot be used; it takes an address such as https://sms.example.org/send (http only on this machine)."
    )


DEBUG = False
SECRET_KEY = _needed("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = _fernet_keys(_needed("FIELD_ENCRYPTION_KEYS"))
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
BIND = env.str("BIND", default="") or "127.0.0.1"
PORT = _whole_number("PORT", 8000, 1, 65535)
PUBLIC_URL = _public_url(env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}"))
ALLOWED_HOSTS = _hosts()
_is_https = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
IS_TESTING = _switch("QIANSHOU_TESTING", default=False)
# An empty data folder begins with an invented township; off where real people will be entered.
HAS_DEMO = _switch("DEMO", default=True)
# With less space than this on the disk of DATA_DIR the service calls itself not ready.
DISK_FREE_MB = _whole_number("DISK_FREE_MB", 200, 0, 1_000_000)

# What the matching's own processes, a quick and a long one, may take together: a fourth of the machine, from 1 to
# 8 GiB, unless said otherwise.
_MACHINE_MB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
SOLVER_MEMORY_MB = _whole_number("SOLVER_MEMORY_MB", min(max(_MACHINE_MB // 4, 1024), 8192), 256, 1_000_000)

INSTALLED_APPS = [
    "backend.accounts",
    "backend.audit",
    "backend.outbox",
    "backend.jobs",
    "backend.vault",
    "backend.roster",
    "matching",
    "activities",
    "notifications",
    "backend.web",
    "backend.api",
    "backend.demo",
    "backend.ops",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_filters",
    "django_htmx",
    "django_q",
    "csp",
]

MIDDLEWARE = [
    "backend.web.shared.gates.GateMiddleware",
    "backend.web.public.quick_feed.QuickFeedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "backend.accounts.middleware.SecondFactorMiddleware",
    "backend.accounts.middleware.SessionAgeMiddleware",
    "backend.web.shared.doorkeeper.DoorkeeperMiddleware",
]

ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "backend.web.shared.context.shell",
            ],
        },
    },
]

# Database: SQLite beside the data, PostgreSQL when DATABASE_URL names one.
_sqlite = f"sqlite:///{DATA_DIR / 'qianshou.sqlite3'}"
DATABASES = {"default": _parsed("DATABASE_URL", "postgres://user:password@host:5432/name", _database, _sqlite)}
_engine = DATABASES["default"]["ENGINE"]
if _engine.endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that starts with a read cannot be upgraded under WAL; IMMEDIATE waits instead.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            f"PRAGMA journal_mode=WAL;PRAGMA synchronous={'OFF' if IS_TESTING else 'FULL'};PRAGMA foreign_keys=ON;"
            # 32 MB before the log is copied back: whoever saves a county's draft, 8 MB, does not wait for that too.
            "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY;PRAGMA wal_autocheckpoint=8000;"
        ),
    }
    # Threads of a race share a file, never a database in memory.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Days and times are read in this style only, whatever the server writes by itself. Poolers may refuse `options`.
    os.environ["PGDATESTYLE"] = "ISO"
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_entries"},
    # django-q2 writes its own state twice a second; nobody reads it, so it stays in memory.
    "in_process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Background work: four clusters on the database itself, one worker each; our own job row counts attempts.
Q_CLUSTER = {
    "name": "work",
    "orm": "default",
    "broker_class": "backend.jobs.broker.OrderedBroker",
    "cache": "in_process",
    "workers": 1,
    "timeout": 900,
    "retry": 1200,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "poll": 0.5,
    "guard_cycle": 0.5,
    "save_limit": 200,
    "queue_limit": 1,
    "label": "django-q2",
    "ALT_CLUSTERS": {
        "mail": {"timeout": 120, "retry": 300},
        "chat": {"timeout": 120, "retry": 300},
        "work": {},
        "quick": {},
        "solve": {},
    },
}
# Texts and group robots go by a queue of their own: a gateway that hangs delays no mail. So do repairs and small runs:
# a county that is solved for ten minutes delays no township.
JOB_QUEUES = ("mail", "chat", "work", "quick", "solve")
# The hour of the evening at which offers end; not in the night, when nobody answers.
OFFER_ENDS_HOUR = _whole_number("OFFER_ENDS_HOUR", 20, 8, 22)
# An idle worker beats this often; one silent for longer than the limit is killed with its whole group.
BEAT_SECONDS = _whole_number("BEAT_SECONDS", 10, 1, 60)
HEARTBEAT_LIMIT_SECONDS = _whole_number("HEARTBEAT_LIMIT_SECONDS", 90, 5, 3600)

# Requests let in at a time; the next is refused at once. gunicorn's threads follow from these (4 for each place).
WEB_GATES = _whole_number("WEB_GATES", 12, 1, 64)
FEED_GATES = _whole_number("FEED_GATES", 4, 1, 64)

# Text messages: an address of a gateway sends, the demo prints, nothing set in real use sends none.
SMS_URL = _gateway_url(env.str("SMS_URL", default="").strip())
SMS_TOKEN = env.str("SMS_TOKEN", default="").strip()
SMS_TIMEOUT_SECONDS = _whole_number("SMS_TIMEOUT_SECONDS", 10, 1, 60)
_usual_sms = "HTTP" if SMS_URL else "CONSOLE" if HAS_DEMO or DEBUG else "OFF"
SMS_BACKEND = _one_of("SMS_BACKEND", _usual_sms, ("OFF", "CONSOLE", "HTTP"))
if SMS_BACKEND == "HTTP" and not SMS_URL:
    raise ImproperlyConfigured("SMS_BACKEND is http, but SMS_URL is not set; it takes the address of the gateway.")

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "backend.accounts.adapter.AccountAdapter"
ACCOUNT_USER_DISPLAY = "backend.accounts.adapter.name_of"
# A helper or guardian on file with a phone alone gets the code there, where texts can be sent.
ACCOUNT_LOGIN_METHODS = {"email"} if SMS_BACKEND == "OFF" else {"email", "phone"}
ACCOUNT_FORMS = {
    "login": "backend.accounts.forms.SignInForm",
    "request_login_code": "backend.accounts.forms.CodeForm",
    "confirm_login_code": "backend.accounts.forms.ConfirmForm",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Six digits: typed on an old phone from a mail. Three tries, then a new code is needed.
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 180
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _is_https else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Qianshou"
MFA_FORMS = {
    "authenticate": "backend.accounts.second_factor.SecondFactorForm",
    "reauthenticate": "backend.accounts.second_factor.SecondFactorAgainForm",
}
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Browser-side safety
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _is_https
SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _is_https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _switch("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

# Static files
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail: an address of a server sends, nothing set prints to the log.
EMAIL_CONFIG = _parsed("EMAIL_URL", "smtp+tls://user:password@host:587", environ.Env.email_url_config, "consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="牵手 <qianshou@localhost>")
# Where answers to invitations go, with a secret after a plus: reply+<secret>@... `manage.py receive_reply` reads them.
REPLY_ADDRESS = env.str("REPLY_ADDRESS", default=f"reply@{parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}")
if REPLY_ADDRESS.count("@") != 1 or "+" in REPLY_ADDRESS:
    raise ImproperlyConfigured("REPLY_ADDRESS must be one plain mail address, such as reply@example.org")

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.api.permissions.OperationAllowed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "backend.api.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.schema.DoorSchema",
    "EXCEPTION_HANDLER": "backend.api.errors.handle",
    "DEFAULT_THROTTLE_CLASSES": ["backend.api.throttling.PerUser"],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min", "guess": "30/min"},
    "DEFAULT_VERSIONING_CLASS": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Qianshou",
    "DESCRIPTION": "Pairs rural left-behind children with the people who look after them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatementKindEnum": "matching.models.StatementKind",
        "WishKindEnum": "matching.services.trials.KINDS",
        "SheetKindEnum": "backend.roster.models.imports.SheetKind",
        "GuardianKindEnum": "backend.roster.models.people.Guardian.Kind",
        "MessageKindEnum": "backend.api.notifications.telling.KIND_CHOICES",
        "ExclusionReasonEnum": "backend.roster.models.consent.Exclusion.Reason",
        "ConsentPurposeEnum": "backend.roster.models.consent.Consent.Purpose",
        "BookingPurposeEnum": "activities.models.places.Booking.Purpose",
        "DayConsentPurposeEnum": "activities.models.event_seats.DayConsent.Purpose",
        "TalkModeEnum": "activities.models.talks.TalkPlan.Mode",
        "HelperRoleEnum": "backend.api.roster.entry.ROLE_CHOICES",
    },
}

# Logs: one JSON line each, to stderr. No personal data is ever passed to a logger; addresses lose their secrets.
_log_steps: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    drop_secrets,
]
structlog.configure(
    processors=[*_log_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_log_steps],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": sys.stderr}},
    "root": {"handlers": ["stderr"], "level": _one_of("LOG_LEVEL", "WARNING", _LEVELS)},
    "loggers": {"django-q": {"level": "WARNING"}, "qianshou": {"level": _one_of("LOG_LEVEL", "INFO", _LEVELS)}},
}

# --- Calendars of helpers ------------------------------------------------------------------------------------------
# Whether helpers may link their own calendar by its address. Off: then nothing here ever asks an address people gave.
CALENDAR_LINKS = _switch("CALENDAR_LINKS", default=False)
