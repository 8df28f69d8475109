from django.urls import path

from custos.management.reception import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<uuid:custody_id>/", views.person, name="person"),
    path("people/<uuid:custody_id>/move/", views.move, name="person_move"),
    path("reception/admit/", views.admit, name="admit"),
]
