"""Level B: the public page, rounds of wishes, and the rota of a group."""

from django.urls import path

from consultations.views import groups, rounds

app_name = "consultations"
urlpatterns = [
    path("", groups.topic_list, name="list"),
    path("rounds/<int:pk>/", rounds.wishes, name="wishes"),
    path("groups/<int:pk>/rota/", groups.rota, name="rota"),
    path("groups/<int:pk>/rota/plan/", groups.rota_plan, name="rota_plan"),
    path("groups/<int:pk>/rota/swap/", groups.swap_ask, name="swap_ask"),
    path("groups/<int:pk>/rota/swaps/<int:swap_pk>/", groups.swap_answer, name="swap_answer"),
]
