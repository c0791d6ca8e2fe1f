"""What people look for: themes and groups of clients that a listing can name."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """Themes of the work: those of the programme's consultation groups, and what else its
    syllabus names."""

    ANXIETY = "anxiety", _("Anxiety")
    TRAUMA = "trauma", _("Trauma")
    DEPRESSION = "depression", _("Depression")
    SHAME = "shame", _("Shame and self-criticism")
    COUPLES = "couples", _("Couples and relationships")
    EATING = "eating", _("Eating disorders")
    ADDICTIONS = "addictions", _("Addictions")
    BORDERLINE = "borderline", _("Borderline personality disorder")
    PARTS = "parts", _("Internal Family Systems")
    JUSTICE = "justice", _("Racial and social justice")
    GRIEF = "grief", _("Grief and loss")
    FATIGUE = "fatigue", _("Compassion fatigue and burnout")
    ILLNESS = "illness", _("Chronic illness and pain")


class Population(models.TextChoices):
    """With whom somebody works."""

    ADULTS = "adults", _("Adults")
    YOUTH = "youth", _("Teens and young people")
    CHILDREN = "children", _("Children and their parents")
    COUPLES = "couples", _("Couples")
    FAMILIES = "families", _("Families")
    GROUPS = "groups", _("Groups")
    OLDER = "older", _("Older people")
    LGBTQ = "lgbtq", _("LGBTQ+ people")
    REFUGEES = "refugees", _("Migrants and refugees")
    HELPERS = "helpers", _("Health and care workers")
