"""What follows from supervision: the recommendation. Below /supervision/."""

from django.urls import path

from supervision.views import recommendations

urlpatterns = [
    path(
        "agreements/<int:pk>/recommendation/",
        recommendations.recommendation_read,
        name="recommendation",
    ),
    path(
        "agreements/<int:pk>/recommendation/send/",
        recommendations.recommendation_send,
        name="recommendation_send",
    ),
    path(
        "agreements/<int:pk>/recommendation/<slug:step>/",
        recommendations.recommendation_part,
        name="recommendation_part",
    ),
    path("agreements/<int:pk>/outcome/", recommendations.outcome, name="outcome"),
]
