from scip.community.services.announcements import send_announcement
from scip.community.services.digests import choose_letters, send_digests
from scip.community.services.discussion import (
    edit_post,
    hide_post,
    mark_read,
    reply,
    restore_post,
    start_thread,
    take_back_post,
)
from scip.community.services.materials import (
    add_material,
    edit_material,
    publish_material,
    remove_material,
    unpublish_material,
)
from scip.community.services.reports import keep_post, release_post, report_post, uphold_report
from scip.community.services.spaces import join_space, leave_space, share

__all__ = [
    "add_material",
    "choose_letters",
    "edit_material",
    "edit_post",
    "hide_post",
    "join_space",
    "keep_post",
    "leave_space",
    "mark_read",
    "publish_material",
    "release_post",
    "remove_material",
    "reply",
    "report_post",
    "restore_post",
    "send_announcement",
    "send_digests",
    "share",
    "start_thread",
    "take_back_post",
    "unpublish_material",
    "uphold_report",
]
