"""Somebody's portfolio: whom they write about, what they write, what they log."""

from certification.portfolio.models.excerpts import Excerpt, ExcerptOpening
from certification.portfolio.models.log import ClientSession
from certification.portfolio.models.portfolios import ClientLabel, KnownWord, Portfolio
from certification.portfolio.models.writing import CaseStudy, WriteUp, Writing

__all__ = [
    "CaseStudy",
    "ClientLabel",
    "ClientSession",
    "Excerpt",
    "ExcerptOpening",
    "KnownWord",
    "Portfolio",
    "WriteUp",
    "Writing",
]
