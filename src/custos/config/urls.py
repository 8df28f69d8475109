"""The routes of the whole program; each module brings its own."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
]
