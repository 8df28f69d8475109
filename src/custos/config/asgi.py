"""The ASGI application that `custos serve` runs."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")

from django.core.asgi import get_asgi_application

from custos.config import patience

patience.Connection.seconds = 4

application = get_asgi_application()

# What stands once everything is imported stands for ever: it is not looked through at each collection.
gc.collect()
gc.freeze()
