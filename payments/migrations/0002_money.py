import django.db.models.deletion
import django.utils.timezone
import django_countries.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerLine',
            fields=[
                ('line', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('charge', 'charge'), ('adjustment', 'adjustment'), ('payment', 'payment'), ('refund', 'refund'), ('refund_failed', 'refund came back'), ('dispute', 'dispute'), ('dispute_won', 'dispute won'), ('dispute_lost', 'dispute lost'), ('fund', 'aid fund')], max_length=20)),
                ('posted_at', models.DateTimeField()),
                ('value_at', models.DateTimeField()),
                ('purpose', models.CharField(max_length=40)),
                ('text', models.CharField(max_length=300)),
                ('reference', models.CharField(max_length=120)),
                ('debit', models.CharField(choices=[('receivable', 'owed by participants'), ('income', 'income'), ('stripe', 'Stripe'), ('bank', 'bank'), ('cheque', 'cheques'), ('disputed', 'held in disputes'), ('aid_fund', 'aid fund'), ('aid_promised', 'aid promised'), ('gifts', 'gifts from outside')], max_length=20)),
                ('credit', models.CharField(choices=[('receivable', 'owed by participants'), ('income', 'income'), ('stripe', 'Stripe'), ('bank', 'bank'), ('cheque', 'cheques'), ('disputed', 'held in disputes'), ('aid_fund', 'aid fund'), ('aid_promised', 'aid promised'), ('gifts', 'gifts from outside')], max_length=20)),
                ('amount_cents', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
            ],
            options={
                'db_table': 'payments_ledgerline',
                'managed': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AidFund',
            fields=[
                ('currency', models.CharField(max_length=3, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('facts', models.JSONField()),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('document', models.FileField(blank=True, upload_to='receipts/%Y/')),
                ('made_at', models.DateTimeField(null=True)),
                ('void_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('flag', models.CharField(blank=True, max_length=40)),
                ('flagged_at', models.DateTimeField(help_text='Needs a look by the office.', null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('look_note', models.CharField(blank=True, max_length=300)),
                ('reference', models.CharField(help_text="Stripe's dispute.", max_length=120, unique=True)),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, help_text="In Stripe's words.", max_length=60)),
                ('answer_by', models.DateTimeField(help_text="Stripe's deadline for evidence.", null=True)),
                ('state', models.CharField(choices=[('inquiry', 'a question, nothing taken yet'), ('open', 'open'), ('won', 'won'), ('lost', 'lost'), ('closed', 'closed without money')], default='inquiry', max_length=20)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('open_at', models.DateTimeField(help_text='When the money was taken.', null=True)),
                ('won_at', models.DateTimeField(null=True)),
                ('lost_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('asked_at', models.DateTimeField(help_text='When Stripe was last asked.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DocumentNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(choices=[('R', 'receipts'), ('C', 'credit notes')], max_length=1)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='FundEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('surplus', 'Lend a Hand'), ('gift', 'gift'), ('grant', 'aid granted'), ('surplus_back', 'Lend a Hand, paid back'), ('grant_back', 'aid not used')], max_length=20)),
                ('amount_cents', models.IntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'movement of the aid fund',
                'verbose_name_plural': 'aid fund',
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payer', models.CharField(max_length=160, verbose_name='organisation or person who pays')),
                ('address', models.TextField(max_length=500, verbose_name='postal address')),
                ('country', django_countries.fields.CountryField(max_length=2, verbose_name='country')),
                ('attention', models.CharField(blank=True, max_length=120, verbose_name='for the attention of')),
                ('tax_number', models.CharField(blank=True, max_length=40, verbose_name='tax or VAT number')),
                ('order_reference', models.CharField(blank=True, max_length=80, verbose_name='their order reference')),
                ('facts', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RunSQL(
            sql="insert into payments_documentnumber (series, year, last) select 'R', year, last from payments_receiptnumber",
            reverse_sql="insert into payments_receiptnumber (year, last) select year, last from payments_documentnumber where series = 'R'",
        ),
        migrations.DeleteModel(
            name='ReceiptNumber',
        ),
        # A refund on record had been sent by hand: it stays sent, or a worker would send it again.
        migrations.RenameField(
            model_name='refund',
            old_name='refunded_at',
            new_name='done_at',
        ),
        migrations.RenameField(
            model_name='refund',
            old_name='refunded_by',
            new_name='done_by',
        ),
        migrations.AlterField(
            model_name='refund',
            name='done_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='charge',
            name='gift_cents',
            field=models.PositiveIntegerField(default=0, help_text='The part that goes on to the aid fund (Lend a Hand).'),
        ),
        migrations.AddField(
            model_name='charge',
            name='part_number',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='charge',
            name='part_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later_parts', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='charge',
            name='refund_steps',
            field=models.JSONField(default=list, help_text='The same terms as moments and percentages; empty: nothing comes back.'),
        ),
        migrations.AddField(
            model_name='refund',
            name='asked_at',
            field=models.DateTimeField(help_text='When Stripe was last asked.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='cancelled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='failed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='failure',
            field=models.CharField(blank=True, help_text="In Stripe's words.", max_length=120),
        ),
        migrations.AddField(
            model_name='refund',
            name='flag',
            field=models.CharField(blank=True, choices=[('failed', 'did not arrive'), ('foreign', "started on Stripe's side")], max_length=40),
        ),
        migrations.AddField(
            model_name='refund',
            name='flagged_at',
            field=models.DateTimeField(help_text='Needs a look by the office.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='idempotency_key',
            field=models.UUIDField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='look_note',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='refund',
            name='looked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='reason',
            field=models.CharField(default='-', max_length=300),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='refund',
            name='requested_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='refund',
            name='requested_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='sent_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='state',
            field=models.CharField(choices=[('requested', 'to be sent'), ('sent', 'on its way'), ('done', 'sent back'), ('failed', 'did not arrive'), ('cancelled', 'called off')], default='requested', max_length=20),
        ),
        migrations.RunSQL(
            sql="update payments_refund set state = 'done', requested_at = done_at",
            reverse_sql="update payments_refund set done_at = requested_at where done_at is null",
        ),
        migrations.AlterField(
            model_name='adjustment',
            name='kind',
            field=models.CharField(choices=[('aid', 'aid'), ('scholarship', 'scholarship'), ('waiver', 'waiver'), ('correction', 'correction'), ('instalments', 'moved to later instalments'), ('cancellation', 'cancelled')], max_length=20),
        ),
        migrations.AlterField(
            model_name='payment',
            name='flag',
            field=models.CharField(blank=True, choices=[('currency_mismatch', 'came in another currency'), ('amount_mismatch', 'differs from what was asked'), ('overpaid', 'more than was owed'), ('after_cancel', 'came after the charge was cancelled'), ('after_expiry', 'came after the checkout had ended')], max_length=40),
        ),
        migrations.AlterField(
            model_name='refund',
            name='reference',
            field=models.CharField(help_text="Stripe's refund, or the reference of the transfer or cheque.", max_length=120, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='settlement',
            name='flagged_at',
            field=models.DateTimeField(help_text='Needs a look by the office.', null=True),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('cancelled_at', None)), fields=['due_at'], name='charge_expected'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('state__in', ['requested', 'sent'])), fields=['requested_at'], name='refund_under_way'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('flagged_at__isnull', False), ('looked_at', None)), fields=['flagged_at'], name='refund_needs_a_look'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('gift_cents__lte', models.F('amount_cents'))), name='charge_gift_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('part_number', None), ('part_of', None)), models.Q(('part_number__in', [2, 3]), ('part_of__isnull', False)), _connector='OR'), name='charge_part_has_number'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.UniqueConstraint(fields=('part_of', 'part_number'), name='charge_part_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='refund_has_reason'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='refund',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='credit_note', to='payments.refund'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dispute',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='payments.payment'),
        ),
        migrations.AddConstraint(
            model_name='documentnumber',
            constraint=models.UniqueConstraint(fields=('series', 'year'), name='document_series_once'),
        ),
        migrations.AddField(
            model_name='fundentry',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='fundentry',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='fund_entries', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='fundentry',
            name='fund',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='payments.aidfund'),
        ),
        migrations.AddField(
            model_name='fundentry',
            name='reverses',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='payments.fundentry'),
        ),
        migrations.AddField(
            model_name='fundentry',
            name='user',
            field=models.ForeignKey(help_text='Whose place it helps, or who gave it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='grant',
            field=models.OneToOneField(help_text='What the aid fund gives for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='payments.fundentry'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(condition=models.Q(('made_at', None)), fields=['issued_at'], name='credit_note_to_make'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.UniqueConstraint(fields=('year', 'number'), name='credit_note_number_once'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(condition=models.Q(('flagged_at__isnull', False), ('looked_at', None)), fields=['flagged_at'], name='dispute_needs_a_look'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='dispute_is_something'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_cents__gt', 0), ('kind__in', ['surplus', 'gift', 'grant_back'])), models.Q(('amount_cents__lt', 0), ('kind__in', ['grant', 'surplus_back'])), _connector='OR'), name='fund_entry_has_its_sign'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['grant_back', 'surplus_back']), ('reverses__isnull', False)), models.Q(('kind__in', ['surplus', 'gift', 'grant']), ('reverses', None)), _connector='OR'), name='fund_entry_reverses_something'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'surplus'), _negated=True), ('charge__isnull', False), _connector='OR'), name='surplus_has_charge'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'surplus')), fields=('charge',), name='surplus_once_per_charge'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='fund_entry_has_reason'),
        ),
    ]
