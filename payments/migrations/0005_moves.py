"""Money moves from one charge to another of the same person: a fact, two lines, its guards."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

LINES = import_module("payments.migrations.0003_ledger").LINES

GUARDS = """
    create trigger moneymove_is_booked before update on payments_moneymove for each row
        when (row(old.from_charge_id, old.to_charge_id, old.amount_cents, old.currency, old.reason,
                old.created_at)
            is distinct from row(new.from_charge_id, new.to_charge_id, new.amount_cents,
                new.currency, new.reason, new.created_at))
        execute function payments_refuse();
    create trigger moneymove_is_kept before delete on payments_moneymove for each row
        execute function payments_refuse();
    create trigger charge_moved_once before update of moved_to_id on payments_charge for each row
        when (old.moved_to_id is not null and old.moved_to_id is distinct from new.moved_to_id)
        execute function payments_refuse();

    -- Money moves between a charge and the one that took its place, of one person and currency;
    -- only what is there, and back only what came.
    create function payments_move_fits() returns trigger language plpgsql as $$
    declare
        source payments_charge;
        target payments_charge;
    begin
        select * into source from payments_charge where id = new.from_charge_id for no key update;
        select * into target from payments_charge where id = new.to_charge_id;
        if source.user_id <> target.user_id
            or source.currency <> new.currency or target.currency <> new.currency
        then
            raise exception 'Move % is not within one person and currency.', new.id
                using errcode = 'check_violation';
        end if;
        if (source.moved_to_id = target.id or target.moved_to_id = source.id) is not true then
            raise exception 'Neither charge of move % took the place of the other.', new.id
                using errcode = 'check_violation';
        end if;
        if (
            select coalesce(sum(amount_cents), 0) from payments_payment
            where charge_id = source.id and currency = source.currency
        ) + (
            select coalesce(sum(amount_cents), 0) from payments_moneymove
            where to_charge_id = source.id
        ) < (
            select coalesce(sum(amount_cents), 0) from payments_moneymove
            where from_charge_id = source.id
        ) + (
            select coalesce(sum(amount_cents), 0) from payments_refund
            where charge_id = source.id and currency = source.currency
                and state in ('requested', 'sent', 'done')
        ) + (
            select coalesce(sum(amount_cents), 0) from payments_dispute
            where charge_id = source.id and currency = source.currency and state = 'lost'
        ) then
            raise exception 'More would move than charge % holds.', source.id
                using errcode = 'check_violation';
        end if;
        if target.moved_to_id = source.id and (
            select coalesce(sum(
                case when from_charge_id = target.id then amount_cents else -amount_cents end
            ), 0)
            from payments_moneymove
            where (from_charge_id, to_charge_id) in
                ((source.id, target.id), (target.id, source.id))
        ) < 0 then
            raise exception 'More would move back than came to charge %.', source.id
                using errcode = 'check_violation';
        end if;
        return null;
    end $$;
    create constraint trigger move_fits after insert on payments_moneymove
        for each row execute function payments_move_fits();
"""

NO_GUARDS = """
    drop trigger move_fits on payments_moneymove;
    drop function payments_move_fits();
    drop trigger charge_moved_once on payments_charge;
    drop trigger moneymove_is_kept on payments_moneymove;
    drop trigger moneymove_is_booked on payments_moneymove;
"""

# A line belongs to one charge, so a move has two, over an account that is empty in sum: what is
# owed stays right charge by charge, and a half of a move would show at once.
MOVES = """
    union all
    select 'move-out-' || m.id, 'move', m.created_at, m.created_at, c.id, c.user_id, c.purpose,
        m.reason, 'SCIP-' || lpad(m.to_charge_id::text, greatest(6, length(m.to_charge_id::text)), '0'),
        'receivable', 'moved', m.amount_cents, m.currency
    from payments_moneymove m join payments_charge c on c.id = m.from_charge_id
    union all
    select 'move-in-' || m.id, 'move', m.created_at, m.created_at, c.id, c.user_id, c.purpose,
        m.reason, 'SCIP-' || lpad(m.from_charge_id::text, greatest(6, length(m.from_charge_id::text)), '0'),
        'moved', 'receivable', m.amount_cents, m.currency
    from payments_moneymove m join payments_charge c on c.id = m.to_charge_id
"""
NO_LINES = "drop view payments_ledgerline"
ALL_LINES = LINES.rstrip().removesuffix(";") + MOVES


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0004_gifts_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='charge',
            name='moved_to',
            field=models.ForeignKey(help_text='The charge that took its place; money follows there.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moved_from', to='payments.charge'),
        ),
        migrations.AlterField(
            model_name='adjustment',
            name='kind',
            field=models.CharField(choices=[('aid', 'aid'), ('scholarship', 'scholarship'), ('waiver', 'waiver'), ('correction', 'correction'), ('instalments', 'moved to later instalments'), ('cancellation', 'cancelled'), ('moved', 'asked for elsewhere now')], max_length=20),
        ),
        migrations.CreateModel(
            name='MoneyMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('from_charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_out', to='payments.charge')),
                ('to_charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_in', to='payments.charge')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='move_is_something'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='move_has_reason'), models.CheckConstraint(condition=models.Q(('from_charge', models.F('to_charge')), _negated=True), name='move_leads_elsewhere')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(NO_LINES, LINES),
        migrations.RunSQL(ALL_LINES, NO_LINES),
    ]
