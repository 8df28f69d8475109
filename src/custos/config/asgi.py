"""The ASGI application that `custos serve` runs."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
