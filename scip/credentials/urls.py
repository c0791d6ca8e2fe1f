"""Verification, papers, badges."""

from django.urls import path

from scip.credentials.views import holder, machines, papers, verification

app_name = "credentials"
urlpatterns = [
    path("verify/", verification.verify_form, name="verify_form"),
    path("verify/<str:code>/", verification.verify, name="verify"),
    path("verify/<str:code>/file/", verification.verify_file, name="verify_file"),
    path("credentials/issuer.json", machines.issuer, name="issuer"),
    path("credentials/jwks.json", machines.keys, name="keys"),
    path("credentials/keys/<str:thumbprint>.json", machines.key, name="key"),
    path("credentials/status/<str:purpose>/<int:number>.jwt", machines.status, name="status"),
    path("credentials/<str:code>/", holder.holder, name="holder"),
    path("credentials/<str:code>/certificate.pdf", papers.certificate, name="certificate"),
    path("credentials/<str:code>/letter.pdf", papers.letter, name="letter"),
    path("credentials/<str:code>/badge.json", machines.badge, name="badge"),
]
