"""Everything below /review/<assignment>/decision/; included by `certification.review.urls.reading`."""

from django.urls import path

from certification.review.views import deciding

urlpatterns = [
    path("", deciding.decision, name="decision"),
    path("propose/", deciding.propose, name="decision_propose"),
    path("approve/", deciding.approve, name="decision_approve"),
    path("back/", deciding.give_back, name="decision_give_back"),
    path("send/", deciding.send, name="decision_send"),
    path("letter.pdf", deciding.letter_pdf, name="decision_pdf"),
]
