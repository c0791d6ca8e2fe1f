"""Everything below /certification/submission/: the candidate's side."""

from django.urls import path

from certification.review.views import (
    dossier,
    emergencies,
    letter,
    questions,
    resubmission,
    submission,
)

app_name = "submission"
urlpatterns = [
    path("", submission.home, name="home"),
    path("letter/", letter.edit, name="letter"),
    path("letter/noticed/", letter.noticed, name="letter_noticed"),
    path("attest/", submission.attest, name="attest"),
    path("not-to-read/", submission.name_not_to_read, name="name_not_to_read"),
    path("not-to-read/<int:pk>/remove/", submission.forget_not_to_read, name="forget_not_to_read"),
    path("confirm/", submission.confirm, name="confirm"),
    path("back/", submission.put_back, name="put_back"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<int:pk>/answer/", questions.answer, name="question_answer"),
    path("again/", resubmission.begin, name="begin_again"),
    path("responses/", resubmission.responses, name="responses"),
    path("responses/<int:number>/", resubmission.response, name="response"),
    path("responses/<int:number>/noticed/", resubmission.noticed, name="response_noticed"),
    path("<int:pk>/answer/", resubmission.answer, name="answer"),
    path("<int:pk>/answer.pdf", resubmission.answer_pdf, name="answer_pdf"),
    path("<int:pk>/office/", emergencies.office, name="office"),
    path("<int:pk>/", dossier.frozen, name="frozen"),
    path("<int:pk>/dossier/", dossier.progress, name="progress"),
    path("<int:pk>/dossier/open/", dossier.open_dossier, name="dossier_open"),
    path("<int:pk>/dossier/<str:token>/", dossier.content, name="dossier"),
]
