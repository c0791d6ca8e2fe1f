"""How long somebody who asks to be erased can change their mind."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0007_excerpt_notice_and_office_access"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="erasure_grace_days",
            field=models.PositiveSmallIntegerField(
                default=14,
                help_text="Days between a person’s request to be erased and the act; the law asks for it within a month.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(30),
                ],
            ),
        ),
    ]
