"""Moving to another cohort or group, and marks that come along."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cohorts', '0005_exception_comments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='attendance',
            name='carried_from',
            field=models.ForeignKey(help_text='The mark of the cohort from which the person came with it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cohorts.attendance'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='last_session_to_join',
            field=models.PositiveSmallIntegerField(default=3, help_text='Somebody from another cohort or group may still move here until this session begins.'),
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('move', 'move'), ('deferral', 'deferral')], help_text='A deferral leads to a cohort that begins after the present one is over.', max_length=10)),
                ('reason', models.TextField(help_text='A sentence or two is enough. Only the office reads it.', max_length=1000, verbose_name='why you would like to move')),
                ('state', models.CharField(choices=[('requested', 'with the office'), ('done', 'done'), ('declined', 'not possible this time'), ('withdrawn', 'taken back')], default='requested', max_length=20)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('done_at', models.DateTimeField(null=True)),
                ('declined_at', models.DateTimeField(null=True)),
                ('decline_reason', models.TextField(blank=True, help_text='As the person reads it.', max_length=1500)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('arrival', models.OneToOneField(help_text='The place in the other cohort.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='came_by', to='cohorts.enrolment')),
                ('declined_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='cohorts.enrolment')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='cohorts.cohort')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'requested')), fields=['requested_at'], name='transfer_queue')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'requested')), fields=('enrolment',), name='transfer_one_open'), models.UniqueConstraint(condition=models.Q(('state', 'done')), fields=('enrolment',), name='transfer_done_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('arrival__isnull', False), _connector='OR'), name='transfer_done_has_arrival'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), models.Q(('decline_reason', ''), _negated=True), _connector='OR'), name='transfer_declined_with_reason')],
            },
        ),
    ]
