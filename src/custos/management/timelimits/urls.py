"""Pages of limits."""

from django.urls import path

from custos.management.timelimits import views

urlpatterns = [
    path("limits/", views.board, name="limits"),
    path("limits/export/", views.board_export, name="limits_export"),
    path("limits/calendar/", views.calendar, name="limits_calendar"),
    path("limits/statistics/", views.statistics, name="limits_statistics"),
    path("limits/warnings/", views.warning_list, name="limit_warnings"),
    path("limits/warnings/<uuid:warning_id>/", views.warning_page, name="limit_warning"),
    path("limits/warnings/<uuid:warning_id>/notice/", views.warning_notice, name="limit_notice"),
    path("limits/papers/<uuid:legal_paper_id>/", views.paper_correct, name="limit_correct"),
    path("people/<uuid:custody_id>/limits/", views.clock_page, name="person_limits"),
    path("people/<uuid:custody_id>/limits/print/", views.clock_print, name="person_limits_print"),
    path("people/<uuid:custody_id>/limits/papers/", views.paper_new, name="limit_paper"),
    path("people/<uuid:custody_id>/limits/former/", views.former_taken, name="limit_former"),
    path("people/<uuid:custody_id>/limits/weigh/", views.paper_weigh, name="limit_weigh"),
]
