"""What the site does for everybody: headers, cookies, addresses, sizes, encryption, dependencies."""

import json
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from custos.config import serving
from custos.foundation.accounts import services
from custos.foundation.accounts.passwords import NoWordsOfThePlace
from custos.foundation.database import scope
from custos.foundation.errors import Malformed
from tests import certificates
from tests.factories import SYSTEM, somebody

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "seven-quiet-corridors"
A_FILE = "/static/ui/custos.css"

pytestmark = pytest.mark.django_db


def signed_in(client: Client | None = None) -> Client:
    with scope.entered(SYSTEM):
        acting = somebody(password=PASSWORD)
    made = client or Client()
    made.post(reverse("account_login"), {"login": acting.user.username, "password": PASSWORD})
    assert "_auth_user_id" in made.session
    return made


# ---------------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/account/login/", A_FILE, "/nowhere/", "/metrics"])
def test_every_answer_tells_the_browser_what_it_may_not_do(path: str) -> None:
    answer = Client().get(path)
    policy = answer.headers["Content-Security-Policy"]
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers


def test_text_says_its_encoding() -> None:
    for path in ("/account/login/", A_FILE, "/metrics"):
        said = Client().get(path).headers["Content-Type"].replace('"', "")
        assert "charset=utf-8" in said, path


def test_no_page_of_somebody_who_signed_in_is_kept_by_a_browser() -> None:
    client = signed_in()
    for path in ("/", "/people/"):
        assert client.get(path, follow=True).headers["Cache-Control"] == "no-store"


def test_browsers_are_told_to_come_encrypted_for_a_year(settings: LazySettings) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    said = Client().get("/account/login/", secure=True).headers["Strict-Transport-Security"]
    assert said == "max-age=31536000; includeSubDomains"


# ---------------------------------------------------------------------- cookies and sessions


def told_by_settings(tmp_path: Path, **environment: str) -> dict[str, object]:
    """What a fresh process makes of its environment."""
    names = (
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "LANGUAGE_COOKIE_NAME",
        "LANGUAGE_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    )
    program = (
        "import json; from custos.config import settings;"
        f"print(json.dumps({{n: getattr(settings, n) for n in {names}}}))"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CUSTOS_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | {"CUSTOS_DATA": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_over_tls_cookies_are_this_hosts_only_and_never_sent_in_the_clear(tmp_path: Path) -> None:
    told = told_by_settings(tmp_path, CUSTOS_TLS_CERT="site.pem", CUSTOS_TLS_KEY="site.key")
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        assert str(told[f"{cookie}_COOKIE_NAME"]).startswith("__Host-")
        assert told[f"{cookie}_COOKIE_SECURE"] is True
    assert told["SECURE_HSTS_SECONDS"] == 31_536_000
    assert told["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    plain = told_by_settings(tmp_path)
    assert plain["SESSION_COOKIE_SECURE"] is False
    assert plain["SECURE_HSTS_SECONDS"] == 0


def test_no_cookie_is_for_scripts_or_for_other_sites() -> None:
    client = signed_in()
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    client.get("/reception/admit/")
    assert len(client.cookies) >= 3
    for cookie in client.cookies.values():
        if not cookie.value:
            continue  # taken away
        assert cookie["httponly"], cookie
        assert cookie["samesite"] == "Lax", cookie
        assert cookie["path"] == "/", cookie
        assert not cookie["domain"], cookie
        assert len(cookie.output()) < 4096


def test_signing_in_changes_the_sessions_name() -> None:
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["seen"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    before = session.session_key
    signed_in(client)
    assert client.session.session_key != before
    assert len(client.session.session_key or "") >= 32


def test_the_way_out_stands_on_every_page() -> None:
    client = signed_in()
    for path in ("/", "/people/"):
        page = client.get(path, follow=True).content.decode()
        assert f'action="{reverse("account_logout")}"' in page, path


def test_a_session_is_worth_nothing_after_signing_out() -> None:
    client = signed_in()
    stolen = client.cookies["sessionid"].value
    assert client.get("/account/logout/").status_code != 302, "a link must not sign anybody out"
    client.post("/account/logout/")
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/").headers["Location"].startswith("/account/login/")


def test_a_new_password_ends_the_sessions_of_the_old_one() -> None:
    client = signed_in()
    with scope.entered(SYSTEM):
        name = services.User.objects.get(pk=client.session["_auth_user_id"]).username
        services.set_password(name, "eleven-other-windows")
    assert client.get("/").headers["Location"].startswith("/account/login/")


def test_a_form_from_another_site_is_refused() -> None:
    client = signed_in(Client(enforce_csrf_checks=False))
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/reception/admit/", {"name": "x"}).status_code == 403
    assert strict.post("/account/logout/").status_code == 403


def test_nothing_is_changed_by_asking(settings: LazySettings) -> None:
    client = signed_in()
    client.get("/")  # what notes that somebody is there, and as whom
    before = dict(client.session)
    for path in ("/account/logout/", reverse("set_language"), reverse("acting_switch")):
        answer = client.get(path, {"language": "en", "posting": "1"})
        assert answer.status_code in (200, 302, 405), path
        assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    assert dict(client.session) == before


# ---------------------------------------------------------------------- what is believed


def test_another_host_is_refused() -> None:
    assert Client(headers={"host": "elsewhere.example"}).get("/account/login/").status_code == 400


def test_a_claimed_address_or_protocol_is_not_believed() -> None:
    claimed = {
        "X-Forwarded-For": "127.0.0.1",
        "X-Real-IP": "127.0.0.1",
        "Forwarded": "for=127.0.0.1",
    }
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.9", headers=claimed).status_code == 403
    answer = Client().get(
        "/account/login/",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
    )
    assert b"evil.example" not in answer.content
    assert serving.options("127.0.0.1", 8000, None)["proxy_headers"] is False


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(there: str) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(password=PASSWORD)
    client = Client()
    given = {"login": acting.user.username, "password": PASSWORD, "next": there}
    assert "evil" not in client.post(reverse("account_login"), given).headers["Location"]
    language = {"language": "en", "next": there}
    led = client.post(reverse("set_language"), language).headers["Location"]
    assert "evil" not in led
    assert "javascript" not in led


@pytest.mark.parametrize("path", ["/", "/account/login/", "/people/", "/metrics", A_FILE])
def test_trace_is_answered_nowhere(path: str) -> None:
    answer = signed_in().trace(path)
    assert answer.status_code == 405
    assert b"".join(answer) == b""


@pytest.mark.parametrize(
    "path", ["/static/", "/static/ui/", "/static/ui/../../../settings.py", "/.git/config"]
)
def test_no_folder_is_listed_and_nothing_but_assets_is_served(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_request_that_is_too_large_is_refused_in_words() -> None:
    answer = Client().post("/account/login/", {"login": "x" * 3_000_000})
    assert answer.status_code in (400, 413)
    assert b"Traceback" not in answer.content
    many = {f"field{number}": "x" for number in range(1_200)}
    assert Client().post("/account/login/", many).status_code == 400


def test_a_header_is_never_made_from_a_line_break() -> None:
    answer = Client().post(
        reverse("set_language"), {"language": "en", "next": "/a\r\nSet-Cookie: x=1"}
    )
    assert "x" not in answer.cookies
    assert "\n" not in answer.headers.get("Location", "")


# ---------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    "weak",
    [
        "custos2026!",
        "Kanshousuo110",
        "看守所民警12345678",
        "GongAn-Police-2026",
        "admin-admin-admin",
    ],
)
def test_words_of_the_place_make_no_password(weak: str) -> None:
    with pytest.raises(ValidationError):
        NoWordsOfThePlace().validate(weak)


@pytest.mark.parametrize(
    "good", ["custos-rain-on-a-tin-roof", "三月的雨落在旧铁皮屋顶上", "patrol7-lantern-umbrella"]
)
def test_a_word_of_the_place_among_others_does_no_harm(good: str) -> None:
    NoWordsOfThePlace().validate(good)


@pytest.mark.parametrize(
    "refused",
    [
        "short-one",
        "qwerty123456",
        "1q2w3e4r5t6y",
        "iloveyou1234",
        "!!Dragon-2026!!",
        "monkeymonkeymonkey",
        "drowssapdrowssap",
        "aaaaaaaaaaaa",
        "Kanshousuo110110",
    ],
)
def test_what_is_short_leaked_or_of_the_place_is_refused_for_an_account(refused: str) -> None:
    with scope.entered(SYSTEM), pytest.raises(Malformed):
        services.make_account("somebody", refused)


def test_a_password_is_taken_as_it_is_long_and_of_any_letters() -> None:
    long = "  Übergänge 渡口 " + "x" * 90 + " "
    with scope.entered(SYSTEM):
        user = services.make_account("somebody", long)
    assert user.check_password(long)
    assert not user.check_password(long.strip())
    assert not user.check_password(long.lower())


def test_the_field_of_a_password_hides_it_and_lets_managers_fill_it() -> None:
    page = Client().get("/account/login/").content.decode()
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", page)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "onpaste" not in page


def test_passwords_are_kept_by_a_slow_function() -> None:
    from custos.config import settings as ours

    (name,) = ours.PASSWORD_HASHERS  # the tests have a fast one
    kept = import_string(name)().encode(PASSWORD, "0123456789abcdef")
    assert kept.startswith("argon2$argon2id$")
    memory, passes = (int(re.search(rf"{n}=(\d+)", kept)[1]) for n in ("m", "t"))  # type: ignore[index]
    assert memory >= 19 * 1024
    assert passes >= 2


# ---------------------------------------------------------------------- encryption


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    public, key = certificates.made(tmp_path, "localhost")
    return str(public), str(key)


def test_only_new_tls_with_forward_secrecy_is_offered(certificate: tuple[str, str]) -> None:
    config = uvicorn.Config(
        "custos.config.asgi:application", **serving.options("x", 1, certificate)
    )
    config.load()
    assert config.ssl is not None
    assert config.ssl.minimum_version >= ssl.TLSVersion.TLSv1_2
    offered = config.ssl.get_ciphers()
    assert offered
    for cipher in offered:
        assert cipher["aead"], cipher["name"]
        assert cipher["protocol"] == "TLSv1.3" or "ECDHE" in cipher["name"], cipher["name"]


# ---------------------------------------------------------------------- dependencies


def test_every_dependency_is_pinned_with_the_hash_of_what_was_chosen() -> None:
    for name in ("base.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
        lines = [
            line for line in text.splitlines() if line.strip() and not line.startswith((" ", "#"))
        ]
        assert len(lines) > 50
        for line in lines:
            assert re.match(r"^[\w.\[\]-]+==\S+", line), line
            assert "--hash=sha256:" in line, line
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("integrity" in one for path, one in packages.items() if path)


def test_no_dependency_comes_from_an_address() -> None:
    for name in ("base.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert "://" not in "".join(
            line for line in text.splitlines() if not line.strip().startswith("#")
        )
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
