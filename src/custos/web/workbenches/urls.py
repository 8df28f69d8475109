"""Routes of the workbenches."""

from django.urls import path

from custos.web.workbenches import board, facility, operations, ordering, reporting, rounds, views

urlpatterns = [
    path("", views.home, name="home"),
    path("duty/", views.duty, name="duty"),
    path("duty/now/", views.now, name="duty_now"),
    path("duty/area/", views.area, name="duty_area"),
    path("duty/answers/", views.answers, name="duty_answers"),
    path("duty/<uuid:task_id>/", views.task, name="duty_task"),
    path("duty/<uuid:task_id>/item/", views.item, name="duty_item"),
    path("duty/<uuid:task_id>/around/", views.around, name="duty_around"),
    path("duty/<uuid:task_id>/accept/", views.accept, name="duty_accept"),
    path("duty/<uuid:task_id>/answer/", views.answer, name="duty_answer"),
    path("duty/<uuid:task_id>/hand-back/", views.hand_back, name="duty_hand_back"),
    path("duty/<uuid:task_id>/withdraw/", views.withdraw, name="duty_withdraw"),
    path("duty/<uuid:task_id>/reopen/", reporting.reopen, name="duty_reopen"),
    path("duty/<uuid:task_id>/note/", views.note, name="duty_note"),
    path("duty/orders/", ordering.listed, name="duty_orders"),
    path("duty/orders/new/", ordering.order, name="duty_order"),
    path("duty/reported/", reporting.reported, name="duty_reported"),
    path("duty/catalogue/", reporting.catalogue, name="duty_catalogue"),
    path("duty/sign-on/", reporting.sign_on, name="duty_sign_on"),
    path("duty/sign-off/", reporting.sign_off, name="duty_sign_off"),
    path("rounds/", rounds.listed, name="rounds"),
    path("rounds/tags/", rounds.tags, name="round_tags"),
    path("rounds/pattern/", rounds.pattern, name="round_pattern"),
    path("rounds/<uuid:cell_id>/", rounds.cell, name="round_cell"),
    path("rounds/tag/<str:code>/", rounds.tag, name="round_tag"),
    path("board/", board.page, name="board"),
    path("board/open/", board.part, name="board_open"),
    path("facility/", facility.page, name="facility_home"),
    path("facility/<int:facility_id>/", facility.page, name="facility"),
    path("operations/", operations.page, name="operations"),
]
