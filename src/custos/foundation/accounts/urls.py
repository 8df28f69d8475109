from django.urls import path, re_path

from custos.foundation.accounts import administration_views as administration
from custos.foundation.accounts import board_views, views
from custos.foundation.accounts import lock_views as locks

urlpatterns = [
    # Ahead of django-allauth's own: what it would do by e-mail, nobody here can.
    re_path(
        r"^account/(?:password/reset|email|confirm-email)(?:/|$)", views.by_mail, name="by_mail"
    ),
    path("account/sessions/", views.own_sessions, name="sessions"),
    path("acting/", views.switch, name="acting_switch"),
    path("confirmations/", views.confirmations_list, name="confirmations"),
    path("confirmations/<uuid:confirmation_id>/", views.confirmation, name="confirmation"),
    path("administration/accounts/", administration.accounts, name="accounts"),
    path("administration/accounts/new/", administration.account_new, name="account_new"),
    path("administration/accounts/<uuid:staff_id>/", administration.account, name="account"),
    path("administration/access/", administration.access_log, name="access_log"),
    path("administration/sign-ins/", administration.sign_ins, name="sign_ins"),
    path("administration/emergencies/", administration.glass, name="glass"),
    path("administration/boards/", board_views.manage, name="boards"),
    path("board/enroll/", board_views.enroll, name="board_enroll"),
    path("lock/", locks.lock, name="lock"),
    path("lock/active/", locks.active, name="lock_active"),
    path("lock/state/", locks.state, name="lock_state"),
    path("lock/passkey/", locks.passkey, name="lock_passkey"),
    path("lock/pin/", locks.pin, name="lock_pin"),
    path("demo/sign-in/", views.demo_sign_in, name="demo_sign_in"),
]
