"""Django's settings. Everything that differs between installations comes from the environment."""

import os
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from custos.config import environment, postgres

SOURCE = Path(__file__).resolve().parents[1]
DATA = environment.data_folder()

SECRET_KEY = environment.secret("CUSTOS_SECRET_KEY", DATA / "keys" / "django")
DEBUG = False
DEMO = os.environ.get("CUSTOS_DEMO") == "1"
ALLOWED_HOSTS = os.environ.get("CUSTOS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    # Ahead of allauth: its pages are shown in our frame.
    "custos.foundation.ui",
    "allauth",
    "allauth.account",
    "csp",
    "procrastinate.contrib.django",
    "custos.foundation.database",
    "custos.foundation.media",
    "custos.foundation.record",
    "custos.foundation.codes",
    "custos.foundation.organizations",
    "custos.foundation.accounts",
    "custos.foundation.custody",
    "custos.prevention.duty",
    "custos.prevention.devices",
    "custos.management.reception",
    "custos.web.workbenches",
]

MIDDLEWARE = [
    "custos.config.metrics.Timing",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "custos.foundation.ui.middleware.PlainOutagePage",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "custos.foundation.accounts.middleware.ActingMiddleware",
]

ROOT_URLCONF = "custos.config.urls"
ASGI_APPLICATION = "custos.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "custos.foundation.ui.context.shell",
            ],
        },
    },
]


def _database(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "custos"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": {
            # The owner migrates in one process; everybody else shares a pool. A page doesn't wait
            # for a database that is down: it says so.
            "pool": False
            if environment.acts_as_owner()
            else {"min_size": 1, "max_size": 16, "timeout": 3},
        },
        # A connection that a restarted server has closed is replaced before it is handed out.
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _database(environment.database_url() or postgres.address(DATA))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # staff are known by name and post; nobody has an e-mail here
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "custos.foundation.accounts.adapter.StaffAdapter"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "custos.foundation.ui.refusals.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = True

#: Signing keys, witness file, attachments, spool: never in the database.
KEYS = DATA / "keys"
WITNESS = Path(os.environ.get("CUSTOS_WITNESS", DATA / "witness" / "heads.jsonl"))
ATTACHMENTS = DATA / "attachments"
SPOOL = DATA / "spool"
BROKER = environment.broker()

LOGGING_CONFIG = "custos.config.logs.configure"
LOGGING = {"version": 1}  # Django calls the function only where there is something to hand it

#: Digest suite of new chains: 1 SHA-256, 2 SM3.
RECORD_SUITE = {"sha256": 1, "sm3": 2}[os.environ.get("CUSTOS_DIGEST", "sha256")]
