"""The directory of certified psychotherapists."""

from django.urls import path

from scip.directory.views import own, public, visitors

app_name = "directory"
urlpatterns = [
    path("", public.listing_list, name="list"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    path("mine/", own.mine, name="mine"),
    path("mine/edit/", own.edit, name="edit"),
    path("mine/publish/", own.publish, name="publish"),
    path("mine/hide/", own.hide, name="hide"),
    path("mine/confirm/", own.confirm, name="confirm"),
    path("mine/interest/", own.interest, name="interest"),
    path("photo/<slug:key>/", public.listing_photo, name="photo"),
    path("<slug:slug>/", public.listing_detail, name="detail"),
    path("<slug:slug>/write/", visitors.listing_write, name="write"),
    path("<slug:slug>/write/thanks/", visitors.listing_written, name="written"),
    path("<slug:slug>/report/", visitors.listing_report, name="report"),
]
