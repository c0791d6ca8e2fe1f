"""Level B: the public page, and the rota of a group."""

from django.urls import path

from consultations.views import groups as views

app_name = "consultations"
urlpatterns = [
    path("", views.topic_list, name="list"),
    path("groups/<int:pk>/rota/", views.rota, name="rota"),
    path("groups/<int:pk>/rota/plan/", views.rota_plan, name="rota_plan"),
    path("groups/<int:pk>/rota/swap/", views.swap_ask, name="swap_ask"),
    path("groups/<int:pk>/rota/swaps/<int:swap_pk>/", views.swap_answer, name="swap_answer"),
]
