from scip.community.models.board import Announcement, Material
from scip.community.models.discussion import Post, Reading, Report, Thread
from scip.community.models.spaces import (
    AffinityMember,
    AffinitySpace,
    DigestChoice,
    Sharing,
    members_of,
    spaces_of,
)

__all__ = [
    "AffinityMember",
    "AffinitySpace",
    "Announcement",
    "DigestChoice",
    "Material",
    "Post",
    "Reading",
    "Report",
    "Sharing",
    "Thread",
    "members_of",
    "spaces_of",
]
