import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReceiptNumber',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SandboxObject',
            fields=[
                ('object_id', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('body', models.JSONField()),
                ('settles_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table': 'sandbox_object',
            },
        ),
        migrations.CreateModel(
            name='SandboxRequest',
            fields=[
                ('key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64)),
                ('answer', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table': 'sandbox_request',
            },
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(help_text='For example tuition_level_a.', max_length=40)),
                ('description', models.CharField(max_length=200)),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('due_at', models.DateTimeField()),
                ('refund_terms', models.JSONField(default=list, help_text='Frozen at purchase: sentences shown before paying and on the receipt.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('cancelled_at', models.DateTimeField(help_text='No longer expected; money that still comes is flagged.', null=True)),
                ('cancel_reason', models.CharField(blank=True, max_length=300)),
                ('cancelled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('aid', 'aid'), ('scholarship', 'scholarship'), ('waiver', 'waiver'), ('correction', 'correction')], max_length=20)),
                ('amount_cents', models.IntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='payments.charge')),
            ],
        ),
        migrations.CreateModel(
            name='Checkout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_id', models.CharField(max_length=120, null=True, unique=True)),
                ('idempotency_key', models.UUIDField(unique=True)),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('url', models.URLField(blank=True, max_length=2000)),
                ('state', models.CharField(choices=[('open', 'open'), ('pending', 'on its way'), ('paid', 'paid'), ('failed', 'not paid'), ('expired', 'ended')], default='open', max_length=20)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(help_text='When the reconciler last asked Stripe.', null=True)),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checkouts', to='payments.charge')),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('method', models.CharField(choices=[('stripe', 'online'), ('bank', 'bank transfer'), ('cheque', 'cheque')], max_length=20)),
                ('reference', models.CharField(help_text="Stripe's payment intent, or the bank's or cheque's reference.", max_length=120)),
                ('received_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('flagged_at', models.DateTimeField(help_text='Needs a look by the office.', null=True)),
                ('flag', models.CharField(blank=True, choices=[('currency_mismatch', 'came in another currency'), ('amount_mismatch', 'differs from what was asked'), ('overpaid', 'more than was owed'), ('after_cancel', 'came after the charge was cancelled'), ('after_expiry', 'came after the checkout had ended'), ('cancelled_after_paying', 'paid, then cancelled')], max_length=40)),
                ('looked_at', models.DateTimeField(null=True)),
                ('look_note', models.CharField(blank=True, max_length=300)),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.charge')),
                ('looked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('facts', models.JSONField()),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('document', models.FileField(blank=True, upload_to='receipts/%Y/')),
                ('made_at', models.DateTimeField(null=True)),
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='payments.payment')),
            ],
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reference', models.CharField(max_length=120, unique=True)),
                ('refunded_at', models.DateTimeField()),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.charge')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.payment')),
                ('refunded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SandboxEvent',
            fields=[
                ('event_id', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('delivered_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'sandbox_event',
                'indexes': [models.Index(condition=models.Q(('delivered_at', None)), fields=['due_at'], name='sandbox_event_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('settled_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('claimed_as', models.CharField(blank=True, max_length=60)),
                ('flagged_at', models.DateTimeField(null=True)),
                ('flag', models.CharField(blank=True, max_length=40)),
                ('looked_at', models.DateTimeField(null=True)),
                ('look_note', models.CharField(blank=True, max_length=300)),
                ('charge', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='settlement', to='payments.charge')),
                ('looked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='StripeCustomer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer_id', models.CharField(max_length=120, unique=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='StripeEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=120, unique=True)),
                ('type', models.CharField(max_length=80)),
                ('object_id', models.CharField(blank=True, max_length=120)),
                ('payload', models.JSONField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the sweep takes it up if nobody did.')),
                ('handled_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('handled_at', None)), fields=['due_at'], name='stripe_event_unhandled')],
            },
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['user', '-id'], name='charge_of_person'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents', 0), _negated=True), name='adjustment_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='adjustment_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='checkout',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'pending'])), fields=('charge',), name='checkout_one_under_way'),
        ),
        migrations.AddConstraint(
            model_name='checkout',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='checkout_is_for_something'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('flagged_at__isnull', False), ('looked_at', None)), fields=['flagged_at'], name='payment_needs_a_look'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(fields=('method', 'reference'), name='payment_reference_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='payment_is_something'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(condition=models.Q(('made_at', None)), fields=['issued_at'], name='receipt_to_make'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('year', 'number'), name='receipt_number_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='refund_is_something'),
        ),
        migrations.AddIndex(
            model_name='settlement',
            index=models.Index(condition=models.Q(('claimed_at', None)), fields=['settled_at'], name='settlement_unclaimed'),
        ),
        migrations.AddIndex(
            model_name='settlement',
            index=models.Index(condition=models.Q(('flagged_at__isnull', False), ('looked_at', None)), fields=['flagged_at'], name='settlement_needs_a_look'),
        ),
    ]
