"""Everything below /certification/appeal/: the candidate's side."""

from django.urls import path

from certification.review.views import appeals

app_name = "appeal"
urlpatterns = [
    path("", appeals.home, name="home"),
    path("begin/", appeals.begin, name="begin"),
    path("save/", appeals.save, name="save"),
    path("file/", appeals.file_it, name="file"),
    path("withdraw/", appeals.withdraw, name="withdraw"),
    path("documents/add/", appeals.add_document, name="add_document"),
    path("documents/<int:pk>/remove/", appeals.remove_document, name="remove_document"),
    path("documents/<int:pk>/open/", appeals.open_document, name="document_open"),
    path("documents/<int:pk>/<str:token>/", appeals.document, name="document"),
]
