from django.urls import path

from custos.foundation.accounts import views

urlpatterns = [
    path("acting/", views.switch, name="acting_switch"),
    path("demo/sign-in/", views.demo_sign_in, name="demo_sign_in"),
]
