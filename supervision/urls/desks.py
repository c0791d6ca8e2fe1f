"""The desks, agreements, the ledger and what belongs to it: below /supervision/."""

from django.urls import path

from supervision.views import (
    agreements,
    appointments,
    desks,
    material,
    notes,
    plans,
    ratings,
    sessions,
)

urlpatterns = [
    path("", desks.home, name="home"),
    path("introductions/<int:pk>/draft/", agreements.agreement_draft, name="agreement_draft"),
    path("agreements/<int:pk>/", agreements.agreement_detail, name="agreement"),
    path("agreements/<int:pk>/again/", agreements.agreement_again, name="agreement_again"),
    path("agreements/<int:pk>/text/", agreements.agreement_text, name="agreement_text"),
    path("agreements/<int:pk>/text/write/", agreements.agreement_propose, name="agreement_propose"),
    path(
        "agreements/<int:pk>/text/<int:number>/sign/",
        agreements.agreement_sign,
        name="agreement_sign",
    ),
    path(
        "agreements/<int:pk>/text/<int:number>.pdf", agreements.agreement_pdf, name="agreement_pdf"
    ),
    path("agreements/<int:pk>/discard/", agreements.agreement_discard, name="agreement_discard"),
    path("agreements/<int:pk>/end/", agreements.agreement_end, name="agreement_end"),
    path("agreements/<int:pk>/log/", sessions.session_log, name="session_log"),
    path("sessions/<int:pk>/", sessions.session_detail, name="session"),
    path("sessions/<int:pk>/confirm/", sessions.session_confirm, name="session_confirm"),
    path("sessions/<int:pk>/differently/", sessions.session_dispute, name="session_dispute"),
    path("sessions/<int:pk>/take-back/", sessions.session_withdraw, name="session_withdraw"),
    path("sessions/<int:pk>/correct/", sessions.session_correct, name="session_correct"),
    path("agreements/<int:pk>/plan/", plans.plan_detail, name="plan"),
    path("agreements/<int:pk>/plan/write/", plans.plan_propose, name="plan_propose"),
    path("agreements/<int:pk>/plan/<int:number>/agree/", plans.plan_agree, name="plan_agree"),
    path("agreements/<int:pk>/growth/", ratings.growth, name="growth"),
    path("agreements/<int:pk>/words/", notes.words, name="words"),
    path("agreements/<int:pk>/words/feedback/", notes.feedback_give, name="feedback_give"),
    path("agreements/<int:pk>/words/own/", notes.own_write, name="own_write"),
    path("own/<slug:kind>/<int:pk>/", notes.own_change, name="own_change"),
    path("agreements/<int:pk>/material/", material.material_list, name="material"),
    path("material/<int:pk>/open/", material.material_open, name="material_open"),
    path("material/<int:pk>/document/<str:token>/", material.material_file, name="material_file"),
    path("material/<int:pk>/take-back/", material.material_back, name="material_back"),
    path(
        "agreements/<int:pk>/appointments/", appointments.appointment_plan, name="appointment_plan"
    ),
    path("appointments/<int:pk>/", appointments.appointment_move, name="appointment_move"),
    path(
        "appointments/<int:pk>/cancel/", appointments.appointment_cancel, name="appointment_cancel"
    ),
]
