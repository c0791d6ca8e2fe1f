"""The office's pages of supervision."""

from supervision.admin import agreements, competencies, sessions, supervisors

__all__ = ["agreements", "competencies", "sessions", "supervisors"]
