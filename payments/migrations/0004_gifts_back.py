"""A gift may leave the fund bit by bit; a grant still comes back once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_ledger")]

    operations = [
        migrations.AlterField(
            model_name="fundentry",
            name="reverses",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.fundentry",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "grant_back")),
                fields=("reverses",),
                name="grant_back_once",
            ),
        ),
    ]
