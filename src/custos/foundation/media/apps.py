from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "custos.foundation.media"
    label = "media"
