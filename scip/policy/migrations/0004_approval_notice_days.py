from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0003_protected_title_and_return_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='approval_notice_days',
            field=models.PositiveSmallIntegerField(default=30, help_text='Days before a supervisor’s approval ends that they and the office are told.'),
        ),
    ]
