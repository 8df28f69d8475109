"""The routes of the whole program; each module brings its own."""

from django.urls import include, path

from custos.config import metrics

urlpatterns = [
    path("", include("custos.foundation.ui.urls")),
    path("", include("custos.foundation.accounts.urls")),
    path("", include("custos.web.workbenches.urls")),
    path("", include("custos.management.reception.urls")),
    path("account/", include("allauth.account.urls")),
    path("metrics", metrics.page, name="metrics"),
]

handler400 = "custos.foundation.ui.refusals.bad_request"
handler403 = "custos.foundation.ui.refusals.permission_denied"
handler404 = "custos.foundation.ui.refusals.page_not_found"
handler500 = "custos.foundation.ui.refusals.server_error"
