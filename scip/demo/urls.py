"""The demo's sign-in and outbox."""

from django.urls import path

from scip.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.people, name="people"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:pk>/", views.letter, name="letter"),
    path("outbox/<int:pk>/html/", views.letter_html, name="letter_html"),
    path("outbox/<int:pk>/<int:number>/", views.attachment, name="attachment"),
]
