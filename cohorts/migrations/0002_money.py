"""Aid that the fund has set aside, the gift in a Lend-a-Hand offer, why a cohort was cancelled."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0001_initial"),
        ("payments", "0003_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="aidrequest",
            name="grant",
            field=models.OneToOneField(
                help_text="What the aid fund has set aside for it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="aid_request",
                to="payments.fundentry",
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="cancelled_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="cancel_reason",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="As people read it in their letter.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="offer",
            name="gift_cents",
            field=models.PositiveIntegerField(
                default=0, help_text="The part of the price that goes on to the aid fund."
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gift_cents__lte",
                        models.expressions.CombinedExpression(
                            models.F("list_cents"), "-", models.F("aid_cents")
                        ),
                    )
                ),
                name="offer_gift_within_amount",
            ),
        ),
    ]
