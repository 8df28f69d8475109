from django.urls import include, path

from custos.foundation import gate
from custos.foundation.gate import To
from custos.foundation.ui import gallery, views, wizard_views

urlpatterns = [
    path("live/", views.live, name="live"),
    path("calls/", views.calls, name="calls"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("search/", views.find, name="search"),
    path("bell/", views.bell, name="bell"),
    path("bell/read/", views.bell_read, name="bell_read"),
    path("views/<slug:listing>/save/", views.view_save, name="view_save"),
    path("views/<int:view_id>/forget/", views.view_forget, name="view_forget"),
    path("ui/", gallery.page, name="gallery"),
    path("ui/nothing/", gallery.nothing, name="gallery_nothing"),
    path("ui/<slug:part>/", gallery.page, name="gallery_part"),
    path("wizard/<slug:name>/", wizard_views.drafts, name="wizard_drafts"),
    path("wizard/<slug:name>/<uuid:draft_id>/", wizard_views.go_on, name="wizard"),
    path("wizard/<slug:name>/<uuid:draft_id>/review/", wizard_views.review, name="wizard_review"),
    path("wizard/<slug:name>/<uuid:draft_id>/finish/", wizard_views.finish, name="wizard_finish"),
    path(
        "wizard/<slug:name>/<uuid:draft_id>/give-up/", wizard_views.give_up, name="wizard_give_up"
    ),
    path("wizard/<slug:name>/<uuid:draft_id>/<slug:step>/", wizard_views.step, name="wizard_step"),
]

gate.declare("set_language", To.EVERYBODY)
