from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cohorts', '0002_money'),
        ('policy', '0002_money'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='cohort',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('level', 'B'), _negated=True), ('capacity__lte', 16), _connector='OR'), name='group_has_at_most_16_seats', violation_error_message='A consultation group has at most 16 places.'),
        ),
    ]
