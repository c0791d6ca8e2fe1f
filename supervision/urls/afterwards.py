"""What goes with supervision and follows from it: fees between the two, packs for the next
supervisor, the recommendation, the record to take along. Below /supervision/."""

from django.urls import path

from supervision.views import fees, handovers, recommendations, records

urlpatterns = [
    path("records/<int:pk>/", records.record, name="record"),
    path("records/<int:pk>/file/", records.record_export, name="record_export"),
    path("agreements/<int:pk>/pass-on/", handovers.handover_give, name="handover_give"),
    path("packs/<int:pk>/", handovers.handover, name="handover"),
    path("packs/<int:pk>/open/", handovers.handover_open, name="handover_open"),
    path("packs/<int:pk>/take-back/", handovers.handover_withdraw, name="handover_withdraw"),
    path("agreements/<int:pk>/fees/", fees.fees, name="fees"),
    path("agreements/<int:pk>/fees/reminders/", fees.fee_reminders, name="fee_reminders"),
    path("fees/<int:pk>/note/", fees.fee_note, name="fee_note"),
    path("fees/payments/<int:pk>/answer/", fees.fee_answer, name="fee_answer"),
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
