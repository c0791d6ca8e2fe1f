"""What the office reads about money: a charge line by line, a person's account, the books, months.

Everything here is derived; amounts are cents.
"""

from payments.reports.accounts import AccountLine, Line, account_of, lines_of, text_of
from payments.reports.books import CrossCheck, Period, TrialBalance, cross_checks, trial_balance
from payments.reports.months import aid_by_month, income_by_month, purpose_name

__all__ = [
    "AccountLine",
    "CrossCheck",
    "Line",
    "Period",
    "TrialBalance",
    "account_of",
    "aid_by_month",
    "cross_checks",
    "income_by_month",
    "lines_of",
    "purpose_name",
    "text_of",
    "trial_balance",
]
