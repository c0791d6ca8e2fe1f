"""The last letter to somebody who is erased keeps neither address nor words once it is sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="letter",
            name="is_forgotten_once_sent",
            field=models.BooleanField(
                default=False,
                help_text="Address and words go as soon as the letter is sent or given up.",
            ),
        ),
    ]
