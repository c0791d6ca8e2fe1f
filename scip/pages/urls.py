"""The public site."""

from django.urls import path

from scip.pages import crawlers, letterbox, views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("program/", views.program, name="program"),
    path("faculty/", views.faculty, name="faculty"),
    path("fees/", views.fees, name="fees"),
    path("faq/", views.faq, name="faq"),
    path("privacy/", views.privacy, name="privacy"),
    path("certification/", views.certification, name="certification"),
    path("certification/process-guide.pdf", views.process_guide_pdf, name="process_guide"),
    path("interest/", letterbox.interest, name="interest"),
    path("interest/thanks/", letterbox.interest_thanks, name="interest_thanks"),
    path("interest/leave/<str:token>/", letterbox.interest_leave, name="interest_leave"),
    path("contact/", letterbox.contact, name="contact"),
    path("contact/thanks/", letterbox.contact_thanks, name="contact_thanks"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("robots.txt", crawlers.robots, name="robots"),
    path(".well-known/security.txt", crawlers.security_txt, name="security_txt"),
]
