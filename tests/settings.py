"""The settings of the tests: the program's own, with a data folder for the length of the run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "CUSTOS_TEST_DATA" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="custos-test-")
    os.chmod(_folder, 0o711)  # the database server, if we are root, lives in it as another account
    os.environ["CUSTOS_TEST_DATA"] = _folder
    # xdist's workers inherit the variable; only the process that made the folder takes it away.
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ["CUSTOS_DATA"] = os.environ["CUSTOS_TEST_DATA"]
os.environ.pop("CUSTOS_AS", None)
(Path(os.environ["CUSTOS_DATA"]) / "static").mkdir(exist_ok=True)
(Path(os.environ["CUSTOS_DATA"]) / "keys").mkdir(mode=0o700, exist_ok=True)

from custos.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"]["pool"] = False  # noqa: F405
SECOND_FACTOR_POSTS = frozenset()  # a test that is about it names some
