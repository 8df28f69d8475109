from django.urls import path

from custos.management.reception import (
    apart,
    copies,
    ending,
    erasing,
    file,
    merging,
    places,
    register_views,
    unsealing,
    views,
)
from custos.management.reception.admission import views as admission
from custos.management.reception.importing import views as importing
from custos.management.reception.release import views as release

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/export/", views.people_export, name="people_export"),
    path("people/import/", importing.people_import, name="people_import"),
    path(
        "people/import/template/", importing.people_import_template, name="people_import_template"
    ),
    path(
        "people/import/<uuid:upload_id>/", importing.people_import_sheet, name="people_import_sheet"
    ),
    path(
        "people/import/<uuid:upload_id>/again/",
        importing.people_import_again,
        name="people_import_again",
    ),
    path(
        "people/import/<uuid:upload_id>/bring/",
        importing.people_import_bring,
        name="people_import_bring",
    ),
    path(
        "people/import/<uuid:upload_id>/drop/",
        importing.people_import_drop,
        name="people_import_drop",
    ),
    path("people/sealed/", unsealing.page, name="unsealing"),
    path("people/<uuid:custody_id>/", views.person, name="person"),
    path("people/<uuid:custody_id>/photo/", file.photo, name="person_photo"),
    path("people/<uuid:custody_id>/print/", file.printed, name="person_print"),
    path(
        "people/<uuid:custody_id>/facts/<uuid:fact_id>/end/", file.end_fact, name="person_fact_end"
    ),
    path("people/<uuid:custody_id>/facts/<slug:sort>/", file.record_fact, name="person_fact"),
    path(
        "people/<uuid:custody_id>/documents/<uuid:document_id>/end/",
        ending.end,
        name="person_document_end",
    ),
    path(
        "people/<uuid:custody_id>/documents/<uuid:document_id>/correct/",
        ending.correct,
        name="person_document_correct",
    ),
    path("people/<uuid:custody_id>/same/<uuid:other_id>/", merging.merge, name="person_merge"),
    path("people/<uuid:custody_id>/same/<uuid:other_id>/part/", merging.part, name="person_part"),
    path("people/<uuid:custody_id>/move/", places.move, name="person_move"),
    path("people/<uuid:custody_id>/absence/", places.absence_plan, name="absence_plan"),
    path("people/<uuid:custody_id>/release/", release.release_new, name="release_new"),
    path("people/<uuid:custody_id>/leaving/", release.release_of, name="release_of"),
    path("releases/", release.releases, name="releases"),
    path("releases/<uuid:release_id>/", release.release, name="release"),
    path("releases/<uuid:release_id>/do/<slug:step>/", release.release_step, name="release_step"),
    path("people/<uuid:custody_id>/apart/", apart.page, name="person_apart"),
    path("people/<uuid:custody_id>/apart/alone/", apart.end_company, name="person_company_end"),
    path(
        "people/<uuid:custody_id>/apart/transition/", apart.end_transition, name="person_transition"
    ),
    path("people/<uuid:custody_id>/apart/<slug:deed>/", apart.do, name="person_apart_do"),
    path("movements/", places.movements, name="movements"),
    path("movements/<uuid:absence_id>/", places.absence, name="absence"),
    path("movements/<uuid:absence_id>/leave/", places.absence_leave, name="absence_leave"),
    path("movements/<uuid:absence_id>/back/", places.absence_back, name="absence_back"),
    path("movements/<uuid:absence_id>/cancel/", places.absence_cancel, name="absence_cancel"),
    path("beds/", places.beds, name="beds"),
    path("roll/", places.roll_page, name="roll"),
    path("counts/", places.count_begin, name="count_begin"),
    path("counts/<uuid:count_id>/", places.count, name="count"),
    path("counts/<uuid:count_id>/explain/", places.count_explain, name="count_explain"),
    path("people/<uuid:custody_id>/open/", views.break_glass, name="break_glass"),
    path(
        "people/<uuid:custody_id>/entries/<uuid:entry_id>/erase/", erasing.page, name="entry_erase"
    ),
    path("people/<uuid:custody_id>/copy/", copies.page, name="person_copy"),
    path("registers/", register_views.page, name="registers"),
    path("registers/export/", register_views.export, name="registers_export"),
    path("registers/print/", register_views.printed, name="registers_pdf"),
    path("registers/entries/<uuid:entry_id>/", register_views.files, name="entry_files"),
    path("reception/admit/", views.admit, name="admit"),
    path("reception/", admission.reception_board, name="reception_board"),
    path("reception/arrivals/", admission.arrival_new, name="arrival_new"),
    path(
        "reception/arrivals/<uuid:arrival_id>/start/", admission.arrival_start, name="arrival_start"
    ),
    path("reception/arrivals/<uuid:arrival_id>/drop/", admission.arrival_drop, name="arrival_drop"),
    path(
        "reception/arrivals/<uuid:arrival_id>/return/",
        admission.arrival_return,
        name="arrival_return",
    ),
    path("reception/notices/<uuid:entry_id>/", admission.refusal_notice, name="refusal_notice"),
    path(
        "reception/admissions/<uuid:draft_id>/photos/",
        admission.injury_photo_add,
        name="injury_photo_add",
    ),
    path(
        "reception/admissions/<uuid:draft_id>/photos/<slug:sha256>/",
        admission.injury_photo,
        name="injury_photo",
    ),
]
