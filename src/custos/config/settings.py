"""Django's settings. Everything that differs between installations comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from custos.config import environment, patience, postgres

SOURCE = Path(__file__).resolve().parents[1]
DATA = environment.data_folder()

SECRET_KEY = environment.secret("CUSTOS_SECRET_KEY", DATA / "keys" / "django")
DEBUG = False
DEMO = os.environ.get("CUSTOS_DEMO") == "1"
#: The area of a demo whose patrol is left to whoever tries it; empty where nobody plays the other posts.
DEMO_LEFT = os.environ.get("CUSTOS_DEMO_LEFT", "")
ALLOWED_HOSTS = os.environ.get("CUSTOS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    # Ahead of Django and allauth: their pages stand in our frame, and their sentences in our words.
    "custos.foundation.ui",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",  # a page of allauth's uses it
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "custos.foundation.database",
    "custos.foundation.media",
    "custos.foundation.record",
    "custos.foundation.codes",
    "custos.foundation.organizations",
    "custos.foundation.accounts",
    "custos.foundation.api",
    "custos.foundation.documents",
    "custos.foundation.custody",
    "custos.prevention.duty",
    "custos.prevention.devices",
    "custos.management.timelimits",
    "custos.management.reception",
    "custos.web.workbenches",
    "custos.web.handheld",
]

MIDDLEWARE = [
    "custos.config.metrics.Timing",
    "custos.foundation.ui.middleware.known_methods",
    "django.middleware.security.SecurityMiddleware",
    # Ahead of what answers by itself, files and outage pages: they have the same policy.
    "csp.middleware.CSPMiddleware",
    "custos.foundation.ui.middleware.Compressed",
    "custos.foundation.ui.middleware.StaticFiles",
    "custos.foundation.ui.middleware.PlainOutagePage",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "custos.foundation.ui.middleware.OtherMethods",
    "custos.foundation.ui.middleware.NoNul",
    "custos.foundation.accounts.middleware.ActingMiddleware",
    "axes.middleware.AxesMiddleware",
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
            else {
                "min_size": 1,
                "max_size": 16,
                "timeout": 3,
                "connection_class": patience.Connection,
            },
            "prepare_threshold": 5,  # for `database.prepared`; Django's own cursors prepare nothing
        },
        # A connection that a restarted server has closed is replaced before it is handed out.
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _database(environment.database_url() or postgres.address(DATA))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Codes that were used and attempts at signing in are known to all processes, or each would count anew.
# Only signing in and proving again ask it.
CACHES = {
    "default": {
        "BACKEND": "custos.foundation.database.caching.Cache",
        "LOCATION": "custos_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: refuses who is locked out
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "custos.foundation.accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "custos.foundation.accounts.passwords.NoCommonPasswordInDisguise"},
    {"NAME": "custos.foundation.accounts.passwords.NoWordsOfThePlace"},
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # staff are known by name and post; nobody has an e-mail here
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "custos.foundation.accounts.adapter.StaffAdapter"
# Counts wrong passwords; the bounds stand in accounts.locking.
AXES_HANDLER = "custos.foundation.accounts.locking.Handler"
AXES_USERNAME_CALLABLE = "custos.foundation.accounts.locking.username_of"
AXES_LOCKOUT_CALLABLE = "custos.foundation.accounts.locking.answer"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # accounts.audit keeps sign-ins
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "csrfmiddlewaretoken", "next"]

ACCOUNT_FORMS = {
    "change_password": "custos.foundation.accounts.factors.ChangeForm",
    "reauthenticate": "custos.foundation.accounts.factors.AgainForm",
}
MFA_FORMS = {
    "add_webauthn": "custos.foundation.accounts.factors.NewPasskeyForm",
    "edit_webauthn": "custos.foundation.accounts.factors.PasskeyNameForm",
    "authenticate_webauthn": "custos.foundation.accounts.factors.PasskeyForm",
    "reauthenticate_webauthn": "custos.foundation.accounts.factors.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "custos.foundation.accounts.adapter.FactorAdapter"
MFA_TOTP_ISSUER = "Custos"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not os.environ.get("CUSTOS_TLS_CERT")  # localhost only
IDLE_MINUTES = environment.idle_minutes()
#: Posts whose holders need a second factor. A demo asks for none.
SECOND_FACTOR_POSTS = environment.second_factor_posts()
SESSION_ENGINE = "custos.foundation.accounts.sessions"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# Over TLS cookies belong to this host alone, and browsers forget that there ever was plain HTTP.
TLS = environment.tls_files() is not None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = TLS
SESSION_COOKIE_NAME = "__Host-sessionid" if TLS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if TLS else "csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language" if TLS else "django_language"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
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
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page has a use for our files

#: Requests a minute. Of the API: of one token or session, and of one address whoever asks from there.
#: Of pages, of one account: what costs much, and what somebody might try out. A search is one for each
#: pause in typing.
RATES = {"token": 600, "address": 6000, "search": 120, "export": 20, "unlock": 20}

#: Signing keys, witness file, attachments, spool: never in the database.
KEYS = DATA / "keys"
WITNESS = environment.witness_file(DATA)
ATTACHMENTS = DATA / "attachments"
SPOOL = DATA / "spool"
BACKUPS = environment.backups_folder(DATA)
BROKER = environment.broker()

LOGGING_CONFIG = "custos.config.logs.configure"
LOGGING = {"version": 1}  # Django calls the function only where there is something to hand it

#: Digest suite of new chains: 1 SHA-256, 2 SM3.
RECORD_SUITE = {"sha256": 1, "sm3": 2}[os.environ.get("CUSTOS_DIGEST", "sha256")]
