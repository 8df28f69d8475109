from django.urls import include, path

from custos.foundation.ui import views

urlpatterns = [
    path("live/", views.live, name="live"),
    path("i18n/", include("django.conf.urls.i18n")),
]
