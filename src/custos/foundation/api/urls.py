"""The page of one's own tokens; the API's own routes are `config.api`'s."""

from django.urls import path

from custos.foundation.api import views

urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", views.revoke, name="token_revoke"),
]
