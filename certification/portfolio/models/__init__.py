"""Somebody's portfolio: whom they write about, what they write, what they log."""

from certification.portfolio.models.excerpts import Excerpt
from certification.portfolio.models.log import ClientSession
from certification.portfolio.models.openings import OfficeAccess, Opening
from certification.portfolio.models.papers import CasePaper
from certification.portfolio.models.portfolios import ClientLabel, KnownWord, Portfolio
from certification.portfolio.models.receipts import DeletionReceipt
from certification.portfolio.models.writing import (
    LONGEST_PART,
    CaseStudy,
    Texts,
    WriteUp,
    Writing,
)

__all__ = [
    "LONGEST_PART",
    "CasePaper",
    "CaseStudy",
    "ClientLabel",
    "ClientSession",
    "DeletionReceipt",
    "Excerpt",
    "KnownWord",
    "OfficeAccess",
    "Opening",
    "Portfolio",
    "Texts",
    "WriteUp",
    "Writing",
]
