from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0004_approval_notice_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='case_study_words_from',
            field=models.PositiveSmallIntegerField(default=300, help_text='Words that a case study usually has; a guide, never a gate.'),
        ),
        migrations.AddField(
            model_name='edition',
            name='case_study_words_to',
            field=models.PositiveSmallIntegerField(default=900),
        ),
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.CheckConstraint(condition=models.Q(('case_study_words_from__lte', models.F('case_study_words_to'))), name='edition_words_from_to'),
        ),
    ]
