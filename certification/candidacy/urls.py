"""Registering for certification, the certification record, leave, and credit."""

from django.urls import path

from certification.candidacy.views import documents, equivalency, record, registration

app_name = "certification"
urlpatterns = [
    path("register/", registration.register_page, name="register"),
    path("register/attest/", registration.attest, name="attest"),
    path("register/retreat/", registration.send_retreat, name="send_retreat"),
    path("register/confirm/", registration.confirm, name="confirm"),
    path("register/back/", registration.set_back, name="set_back"),
    path("retreats/<int:pk>/withdraw/", registration.withdraw_retreat, name="withdraw_retreat"),
    path("retreats/<int:pk>/document/", documents.open_retreat, name="retreat_open"),
    path("retreats/<int:pk>/document/<str:token>/", documents.retreat, name="retreat_document"),
    path("record/", record.record_page, name="record"),
    path("leave/", record.leave, name="leave"),
    path("leave/<int:pk>/end/", record.end_leave, name="end_leave"),
    path("withdraw/", record.withdraw, name="withdraw"),
    path("equivalency/", equivalency.start, name="equivalency"),
    path("equivalency/<int:pk>/", equivalency.case, name="case"),
    path("equivalency/<int:pk>/items/", equivalency.add_item, name="add_item"),
    path("equivalency/<int:pk>/send/", equivalency.send, name="send_case"),
    path("equivalency/<int:pk>/withdraw/", equivalency.withdraw, name="withdraw_case"),
    path("items/<int:pk>/remove/", equivalency.remove_item, name="remove_item"),
    path("items/<int:pk>/document/", documents.open_item, name="item_open"),
    path("items/<int:pk>/document/<str:token>/", documents.item, name="item_document"),
]
