"""The routes of the whole program; each module brings its own."""

from django.urls import include, path

from custos.config import metrics
from custos.config.api import api
from custos.foundation import gate
from custos.foundation.gate import To

urlpatterns = [
    path("", include("custos.foundation.ui.urls")),
    path("", include("custos.foundation.accounts.urls")),
    path("", include("custos.web.workbenches.urls")),
    path("", include("custos.web.handheld.urls")),
    path("", include("custos.management.timelimits.urls")),
    path("", include("custos.management.reception.urls")),
    path("", include("custos.foundation.api.urls")),
    path("api/v1/", api.urls),
    path("account/", include("allauth.account.urls")),
    path("account/factors/", include("allauth.mfa.urls")),
    path("metrics", metrics.page, name="metrics"),
]

# Of allauth's views these are used; the others, such as signing up, are open to nobody.
gate.declare("account_login", To.EVERYBODY)
gate.declare("account_logout", To.EVERYBODY)
gate.declare("account_change_password", To.SIGNED_IN)
gate.declare("account_reauthenticate", To.SIGNED_IN)
gate.declare("mfa_authenticate", To.ITS_OWN_CHECK)
for route in (
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate_webauthn",
):
    gate.declare(route, To.SIGNED_IN)

handler400 = "custos.foundation.ui.refusals.bad_request"
handler403 = "custos.foundation.ui.refusals.permission_denied"
handler404 = "custos.foundation.ui.refusals.page_not_found"
handler500 = "custos.foundation.ui.refusals.server_error"
