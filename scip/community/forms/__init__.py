from scip.community.forms.board import AnnouncementForm, MaterialForm, MaterialWordsForm
from scip.community.forms.choices import DigestForm, SharingForm
from scip.community.forms.discussion import HideForm, PostForm, ReportForm, ThreadForm

__all__ = [
    "AnnouncementForm",
    "DigestForm",
    "HideForm",
    "MaterialForm",
    "MaterialWordsForm",
    "PostForm",
    "ReportForm",
    "SharingForm",
    "ThreadForm",
]
