"""What pages of the portfolio and other apps ask about it."""

from certification.portfolio.queries.portfolios import Desk, desk_of

__all__ = ["Desk", "desk_of"]
