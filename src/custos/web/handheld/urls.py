"""Routes of the handheld."""

from django.urls import path

from custos.web.handheld import views

urlpatterns = [
    path("handheld/", views.page, name="handheld"),
    path("handheld/data/", views.data, name="handheld_data"),
    path("handheld/send/", views.send, name="handheld_send"),
    path("handheld/worker.js", views.worker, name="handheld_worker"),
]
