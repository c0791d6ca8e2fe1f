"""Paying, receipts, and Stripe's webhook."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("", views.charge_list, name="list"),
    path("<int:pk>/", views.charge_pay, name="pay"),
    path("<int:pk>/checkout/", views.charge_checkout, name="checkout"),
    path("<int:pk>/returned/", views.charge_returned, name="returned"),
    path("<int:pk>/invoice/", views.invoice_new, name="invoice_new"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("credit-notes/<int:pk>/", views.credit_note, name="credit_note"),
    path("receipts/<int:pk>/", views.receipt, name="receipt"),
    path("stripe/webhook/", views.webhook, name="webhook"),
    path("sandbox/<slug:session_id>/", views.sandbox, name="sandbox"),
]
