from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0005_case_study_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='second_chance_hours',
            field=models.PositiveSmallIntegerField(default=72, help_text='Time left to pay another way when a slow payment did not come through.'),
        ),
    ]
