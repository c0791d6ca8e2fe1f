"""What a bank decides about disputed money is a fact of its own each time; a gift follows it out of
the aid fund and back; the office looks at events about what nobody knows."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

LINES = import_module("payments.migrations.0005_moves").ALL_LINES

GUARDS = """
    create trigger disputestep_is_booked before update on payments_disputestep for each row
        when (old.* is distinct from new.*) execute function payments_refuse();
    create trigger disputestep_is_kept before delete on payments_disputestep for each row
        execute function payments_refuse();
"""
NO_GUARDS = """
    drop trigger disputestep_is_kept on payments_disputestep;
    drop trigger disputestep_is_booked on payments_disputestep;
"""

# Where disputed money is: here (a question, won, closed), held by the bank, or gone and owed again.
# A step from one place to another is a line; so the lines of a case end where its money is.
STEPS = """
    select 'dispute-step-' || s.id, s.kind, s.recorded_at, s.happened_at, c.id, c.user_id, c.purpose,
        c.description, d.reference, s.debit, s.credit, s.amount_cents, s.currency
    from (
        select step.*,
            case after when 'open' then 'dispute' when 'lost' then 'dispute_lost'
                else 'dispute_won' end as kind,
            case after when 'open' then 'disputed' when 'lost' then 'receivable'
                else 'stripe' end as debit,
            case before when 'open' then 'disputed' when 'lost' then 'receivable'
                else 'stripe' end as credit
        from payments_disputestep step
    ) s join payments_dispute d on d.id = s.dispute_id join payments_charge c on c.id = d.charge_id
    where s.debit <> s.credit
"""
FUND = """
    select 'fund-' || f.id, 'fund', f.created_at, f.created_at, f.charge_id, f.user_id,
        coalesce(c.purpose, 'aid_fund'), f.reason, '',
        case when f.kind in ('surplus', 'surplus_again') then 'income'
            when f.kind = 'gift' then 'gifts'
            when f.kind = 'grant_back' and used.id is null then 'aid_promised'
            when f.kind = 'grant_back' then 'income'
            else 'aid_fund' end,
        case when f.kind = 'grant' then 'aid_promised'
            when f.kind in ('surplus_back', 'surplus_lost') then 'income'
            else 'aid_fund' end,
        abs(f.amount_cents), f.fund_id
    from payments_fundentry f left join payments_charge c on c.id = f.charge_id
        left join payments_adjustment used on used.grant_id = f.reverses_id
"""
NO_LINES = "drop view payments_ledgerline"
REPLACED = ("from payments_dispute d", "from payments_fundentry f")
KEPT = [part for part in LINES.split("union all") if not any(name in part for name in REPLACED)]
ALL_LINES = "union all".join([*KEPT, STEPS, FUND])

# The cases so far, by the moments that were kept of them.
STEPS_SO_FAR = """
    insert into payments_disputestep
        (dispute_id, before, after, amount_cents, currency, happened_at, recorded_at)
    select id, lag(after, 1, 'inquiry') over turns, after, amount_cents, currency, at, at
    from (
        select d.id, d.amount_cents, d.currency, moment.after, moment.at, moment.place
        from payments_dispute d, lateral (values
            ('open', d.open_at, 1), ('won', d.won_at, 2), ('lost', d.lost_at, 2),
            ('closed', d.closed_at, 2),
            ('open', case when d.state = 'open' and
                coalesce(d.won_at, d.lost_at, d.closed_at) is not null
                then coalesce(d.flagged_at, d.asked_at, d.open_at) end, 3)
        ) as moment (after, at, place)
        where d.open_at is not null and moment.at is not null
    ) known
    window turns as (partition by id order by place = 3, at, place)
    order by id, place = 3, at, place;
"""
UNKNOWN_SO_FAR = """
    update payments_stripeevent set flag = 'unknown', flagged_at = handled_at
    where outcome = 'unknown object';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0005_moves'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DisputeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(choices=[('inquiry', 'a question, nothing taken yet'), ('open', 'open'), ('won', 'won'), ('lost', 'lost'), ('closed', 'closed without money')], max_length=20)),
                ('after', models.CharField(choices=[('inquiry', 'a question, nothing taken yet'), ('open', 'open'), ('won', 'won'), ('lost', 'lost'), ('closed', 'closed without money')], max_length=20)),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('happened_at', models.DateTimeField(help_text='When money moved, as Stripe says.')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='fundentry',
            name='fund_entry_has_its_sign',
        ),
        migrations.RemoveConstraint(
            model_name='fundentry',
            name='fund_entry_reverses_something',
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='flag',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='flagged_at',
            field=models.DateTimeField(help_text='Needs a look by the office.', null=True),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='look_note',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='looked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='fundentry',
            name='kind',
            field=models.CharField(choices=[('surplus', 'Lend a Hand'), ('gift', 'gift'), ('grant', 'aid granted'), ('surplus_back', 'Lend a Hand, paid back'), ('grant_back', 'aid not used'), ('surplus_lost', 'Lend a Hand, taken back by a bank'), ('surplus_again', 'Lend a Hand, here again')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='stripeevent',
            index=models.Index(condition=models.Q(('flagged_at__isnull', False), ('looked_at', None)), fields=['flagged_at'], name='stripe_event_needs_a_look'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_cents__gt', 0), ('kind__in', ['surplus', 'gift', 'grant_back', 'surplus_again'])), models.Q(('amount_cents__lt', 0), ('kind__in', ['grant', 'surplus_back', 'surplus_lost'])), _connector='OR'), name='fund_entry_has_its_sign'),
        ),
        migrations.AddConstraint(
            model_name='fundentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['grant_back', 'surplus_back', 'surplus_lost', 'surplus_again']), ('reverses__isnull', False)), models.Q(('kind__in', ['surplus', 'gift', 'grant']), ('reverses', None)), _connector='OR'), name='fund_entry_reverses_something'),
        ),
        migrations.AddField(
            model_name='disputestep',
            name='dispute',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='payments.dispute'),
        ),
        migrations.AddConstraint(
            model_name='disputestep',
            constraint=models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='dispute_step_leads_on'),
        ),
        migrations.AddConstraint(
            model_name='disputestep',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='dispute_step_is_something'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(NO_LINES, LINES),
        migrations.RunSQL(ALL_LINES, NO_LINES),
        migrations.RunSQL(STEPS_SO_FAR, migrations.RunSQL.noop),
        migrations.RunSQL(UNKNOWN_SO_FAR, migrations.RunSQL.noop),
    ]
