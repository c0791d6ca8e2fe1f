"""The demo's sign-in, outbox and desk at Stripe."""

from django.urls import path

from scip.demo import stripe_side, views

app_name = "demo"
urlpatterns = [
    path("", views.people, name="people"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("stripe/", stripe_side.stripe_side, name="stripe_side"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:pk>/", views.letter, name="letter"),
    path("outbox/<int:pk>/html/", views.letter_html, name="letter_html"),
    path("outbox/<int:pk>/<int:number>/", views.attachment, name="attachment"),
]
