"""The office's pages of supervision."""

from supervision.admin import supervisors

__all__ = ["supervisors"]
