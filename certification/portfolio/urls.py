"""Everything below /portfolio/."""

from django.urls import path

from certification.portfolio.views import (
    beginning,
    clients,
    desk,
    excerpts,
    log,
    office,
    papers,
    traces,
    writing,
)

app_name = "portfolio"
CASE, WRITE_UP = {"kind": "case"}, {"kind": "write_up"}
urlpatterns = [
    path("", desk.home, name="home"),
    path("map/", desk.evidence, name="map"),
    path("cases/paper/", papers.cases_paper, name="cases_paper"),
    path("cases/paper/ask/", papers.paper_ask, name="paper_ask"),
    path("cases/paper/<int:pk>/open/", papers.paper_open, name="paper_open"),
    path("cases/paper/<int:pk>/<str:token>/", papers.paper_content, name="paper_content"),
    path("cases/new/", beginning.case_new, name="case_new"),
    path("cases/<int:pk>/", writing.edit, CASE, name="case"),
    path("cases/<int:pk>/noticed/", writing.noticed, CASE, name="case_noticed"),
    path("cases/<int:pk>/read/", writing.read, CASE, name="case_read"),
    path("cases/<int:pk>/open/", writing.case_open, name="case_open"),
    path("cases/<int:pk>/remove/", writing.remove, CASE, name="case_remove"),
    path("cases/<int:pk>/case-study.pdf", papers.case_pdf, name="case_pdf"),
    path("write-ups/new/", beginning.write_up_new, name="write_up_new"),
    path("write-ups/<int:pk>/", writing.edit, WRITE_UP, name="write_up"),
    path("write-ups/<int:pk>/noticed/", writing.noticed, WRITE_UP, name="write_up_noticed"),
    path("write-ups/<int:pk>/read/", writing.read, WRITE_UP, name="write_up_read"),
    path("write-ups/<int:pk>/write-up.pdf", papers.write_up_pdf, name="write_up_pdf"),
    path("write-ups/<int:pk>/remove/", writing.remove, WRITE_UP, name="write_up_remove"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<int:pk>/", clients.client, name="client"),
    path("clients/<int:pk>/remove/", clients.client_remove, name="client_remove"),
    path("words/", clients.words, name="words"),
    path("words/<int:pk>/remove/", clients.word_remove, name="word_remove"),
    path("sessions/", log.log, name="log"),
    path("sessions.csv", log.log_csv, name="log_csv"),
    path("sessions/<int:pk>/", log.session, name="session"),
    path("sessions/<int:pk>/remove/", log.session_remove, name="session_remove"),
    path("excerpts/", excerpts.excerpts, name="excerpts"),
    path("excerpts/new/", excerpts.excerpt_new, name="excerpt_new"),
    path("excerpts/arrivals/", excerpts.arrival_begin, name="arrival_begin"),
    path("excerpts/arrivals/<uuid:pk>/", excerpts.arrival, name="arrival"),
    path("excerpts/arrivals/<uuid:pk>/forget/", excerpts.arrival_forget, name="arrival_forget"),
    path("excerpts/<int:pk>/", excerpts.excerpt, name="excerpt"),
    path("excerpts/<int:pk>/open/", excerpts.excerpt_open, name="excerpt_open"),
    path("excerpts/<int:pk>/play/<str:token>/", excerpts.excerpt_play, name="excerpt_play"),
    path(
        "excerpts/<int:pk>/content/<str:token>/", excerpts.excerpt_content, name="excerpt_content"
    ),
    path("excerpts/<int:pk>/competencies/", excerpts.excerpt_mark, name="excerpt_mark"),
    path("excerpts/<int:pk>/words/", excerpts.excerpt_words, name="excerpt_words"),
    path("excerpts/<int:pk>/seen/", excerpts.excerpt_seen, name="excerpt_seen"),
    path("excerpts/<int:pk>/remove/", excerpts.excerpt_remove, name="excerpt_remove"),
    path("openings/", traces.openings, name="openings"),
    path("receipts/", traces.receipts, name="receipts"),
    path("office/<int:pk>/", office.office, name="office"),
    path("shared/", papers.shared, name="shared"),
]
