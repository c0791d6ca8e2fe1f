"""Becoming a supervisor, one's page, introductions: below /supervision/."""

from django.urls import path

from supervision.views import introductions, supervisors

urlpatterns = [
    path("apply/", supervisors.apply, name="apply"),
    path("apply/withdraw/", supervisors.apply_withdraw, name="apply_withdraw"),
    path("profile/", supervisors.profile_edit, name="profile"),
    path("profile/preview/", supervisors.profile_preview, name="profile_preview"),
    path("introductions/", introductions.introduction_list, name="introductions"),
    path("introductions/<int:pk>/", introductions.introduction_detail, name="introduction"),
    path(
        "introductions/<int:pk>/accept/",
        introductions.introduction_accept,
        name="introduction_accept",
    ),
    path(
        "introductions/<int:pk>/decline/",
        introductions.introduction_decline,
        name="introduction_decline",
    ),
    path(
        "introductions/<int:pk>/times/", introductions.introduction_times, name="introduction_times"
    ),
    path(
        "introductions/<int:pk>/choose/",
        introductions.introduction_choose,
        name="introduction_choose",
    ),
    path(
        "introductions/<int:pk>/withdraw/",
        introductions.introduction_withdraw,
        name="introduction_withdraw",
    ),
]
