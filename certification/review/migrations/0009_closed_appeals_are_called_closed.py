"""An appeal that went nowhere is called closed; its page says by whom or by what. No row changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0008_remanded_letters_wait")]

    operations = [
        migrations.AlterField(
            model_name="appeal",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "being written"),
                    ("filed", "with the office"),
                    ("hearing", "with the panel"),
                    ("decided", "decided"),
                    ("withdrawn", "closed without an answer"),
                ],
                default="draft",
                max_length=20,
            ),
        )
    ]
