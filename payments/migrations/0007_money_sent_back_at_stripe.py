"""A move can name the refund, started at Stripe, for which the money came home."""

import django.db.models.deletion
from django.db import migrations, models

BOOKED = """
    drop trigger moneymove_is_booked on payments_moneymove;
    create trigger moneymove_is_booked before update on payments_moneymove for each row
        when (row(old.from_charge_id, old.to_charge_id, old.amount_cents, old.currency, old.reason,
                old.created_at{0})
            is distinct from row(new.from_charge_id, new.to_charge_id, new.amount_cents,
                new.currency, new.reason, new.created_at{1}))
        execute function payments_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_facts_that_add"),
    ]

    operations = [
        migrations.AddField(
            model_name="moneymove",
            name="refund",
            field=models.ForeignKey(
                help_text="The refund started at Stripe for which money came home, or after which it returned.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="moves",
                to="payments.refund",
            ),
        ),
        migrations.RunSQL(
            BOOKED.format(", old.refund_id", ", new.refund_id"), BOOKED.format("", "")
        ),
    ]
