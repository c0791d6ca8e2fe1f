"""The office's pages of the review."""

from certification.review.admin import appeals as appeals
from certification.review.admin import assignments as assignments
from certification.review.admin import recourse as recourse
from certification.review.admin import submissions as submissions
