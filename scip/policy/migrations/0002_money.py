from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="payment_instructions",
            field=models.TextField(
                blank=True,
                default="",
                help_text=(
                    "How to pay by transfer or cheque: account, bank, to whom. Stands on the pay "
                    "page and on invoices; empty asks people to write to the office."
                ),
                max_length=800,
            ),
            preserve_default=False,
        ),
    ]
