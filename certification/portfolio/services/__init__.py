"""Every act in a portfolio."""

from certification.portfolio.services.excerpts import (
    confirm_seen,
    hand_in,
    mark_excerpt,
    remove_excerpt,
)
from certification.portfolio.services.log import change_session, log_session, remove_session
from certification.portfolio.services.office import open_for_office
from certification.portfolio.services.openings import open_excerpt, read_case
from certification.portfolio.services.papers import (
    ask_for_paper,
    follow_papers,
    make_case_paper,
    open_paper,
)
from certification.portfolio.services.portfolios import (
    add_label,
    forget_word,
    open_portfolio,
    remember_word,
    remove_label,
    rename_label,
)
from certification.portfolio.services.retention import follow_retention
from certification.portfolio.services.writing import (
    StaleWriting,
    begin_case,
    begin_write_up,
    mark_done,
    remove_case,
    remove_write_up,
    save_writing,
    show_case,
)

__all__ = [
    "StaleWriting",
    "add_label",
    "ask_for_paper",
    "begin_case",
    "begin_write_up",
    "change_session",
    "confirm_seen",
    "follow_papers",
    "follow_retention",
    "forget_word",
    "hand_in",
    "log_session",
    "make_case_paper",
    "mark_done",
    "mark_excerpt",
    "open_excerpt",
    "open_for_office",
    "open_paper",
    "open_portfolio",
    "read_case",
    "remember_word",
    "remove_case",
    "remove_excerpt",
    "remove_label",
    "remove_session",
    "remove_write_up",
    "rename_label",
    "save_writing",
    "show_case",
]
