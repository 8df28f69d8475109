"""The routes of the whole program; each module brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("custos.foundation.ui.urls")),
    path("account/", include("allauth.account.urls")),
]

handler400 = "custos.foundation.ui.refusals.bad_request"
handler403 = "custos.foundation.ui.refusals.permission_denied"
handler404 = "custos.foundation.ui.refusals.page_not_found"
handler500 = "custos.foundation.ui.refusals.server_error"
