"""The ledger's own guards, and the books as double entry.

What was booked cannot be changed or deleted, whoever tries (`docs/decisions/0009-ledger.md`).
"""

from django.db import migrations

# table: what never changes once it is written
BOOKED = {
    "charge": "user_id purpose amount_cents currency gift_cents refund_terms refund_steps part_of_id part_number created_at",
    "adjustment": "charge_id kind amount_cents reason grant_id created_at",
    "payment": "charge_id amount_cents currency method reference received_at recorded_at",
    "refund": "charge_id payment_id amount_cents currency reason idempotency_key requested_at",
    "dispute": "charge_id payment_id reference opened_at",
    "fundentry": "fund_id kind amount_cents charge_id user_id reverses_id reason created_at",
    "receipt": "payment_id year number facts issued_at",
    "creditnote": "refund_id year number facts issued_at",
}


def row(version, columns):
    return "row(" + ", ".join(f"{version}.{column}" for column in columns.split()) + ")"


GUARDS = """
    create function payments_refuse() returns trigger language plpgsql as $$
    begin
        raise exception '% is booked: it is corrected by another row, never changed.', tg_table_name
            using errcode = 'restrict_violation';
    end $$;
""" + "".join(
    f"""
    create trigger {table}_is_booked before update on payments_{table} for each row
        when ({row("old", columns)} is distinct from {row("new", columns)})
        execute function payments_refuse();
    create trigger {table}_is_kept before delete on payments_{table} for each row
        execute function payments_refuse();
    """
    for table, columns in BOOKED.items()
)

NO_GUARDS = "".join(
    f"""
    drop trigger {table}_is_booked on payments_{table};
    drop trigger {table}_is_kept on payments_{table};
    """
    for table in BOOKED
) + "drop function payments_refuse();"

BALANCE = """
    -- What was sent back on a payment stays within it, in its currency and on its charge.
    create function payments_refund_fits() returns trigger language plpgsql as $$
    declare
        paid payments_payment;
    begin
        select * into paid from payments_payment where id = new.payment_id for no key update;
        if paid.charge_id <> new.charge_id or paid.currency <> new.currency then
            raise exception 'Refund % is not of its payment.', new.id using errcode = 'check_violation';
        end if;
        if paid.amount_cents < (
            select coalesce(sum(amount_cents), 0) from payments_refund
            where payment_id = new.payment_id and state in ('sent', 'done')
        ) then
            raise exception 'More would go back than payment % brought.', new.payment_id
                using errcode = 'check_violation';
        end if;
        return null;
    end $$;
    create constraint trigger refund_fits after insert or update on payments_refund
        for each row execute function payments_refund_fits();

    -- Nobody owes less than nothing, and what moved to instalments is exactly what they ask for.
    create function payments_charge_adds_up(number bigint) returns void language plpgsql as $$
    declare
        whole payments_charge;
    begin
        select * into whole from payments_charge where id = number;
        if whole.amount_cents + (
            select coalesce(sum(amount_cents), 0) from payments_adjustment where charge_id = number
        ) < 0 then
            raise exception 'Less than nothing would be owed on charge %.', number
                using errcode = 'check_violation';
        end if;
        if (
            select coalesce(sum(amount_cents), 0) from payments_charge where part_of_id = number
        ) <> -(
            select coalesce(sum(amount_cents), 0) from payments_adjustment
            where charge_id = number and kind = 'instalments'
        ) then
            raise exception 'The instalments of charge % do not add up.', number
                using errcode = 'check_violation';
        end if;
    end $$;
    create function payments_adjustment_adds_up() returns trigger language plpgsql as $$
    begin
        perform payments_charge_adds_up(new.charge_id);
        return null;
    end $$;
    create function payments_part_adds_up() returns trigger language plpgsql as $$
    begin
        perform payments_charge_adds_up(new.part_of_id);
        return null;
    end $$;
    create constraint trigger adjustment_adds_up after insert on payments_adjustment
        deferrable initially deferred for each row execute function payments_adjustment_adds_up();
    create constraint trigger part_adds_up after insert on payments_charge
        deferrable initially deferred for each row when (new.part_of_id is not null)
        execute function payments_part_adds_up();
"""

NO_BALANCE = """
    drop trigger part_adds_up on payments_charge;
    drop trigger adjustment_adds_up on payments_adjustment;
    drop trigger refund_fits on payments_refund;
    drop function payments_part_adds_up();
    drop function payments_adjustment_adds_up();
    drop function payments_charge_adds_up(bigint);
    drop function payments_refund_fits();
"""

# Each fact is one movement: what `debit` receives `credit` gives.
LINES = """
    create view payments_ledgerline as
    select 'charge-' || c.id as line, 'charge' as kind, c.created_at as posted_at,
        c.created_at as value_at, c.id as charge_id, c.user_id, c.purpose,
        c.description::varchar(300) as text, ''::varchar(120) as reference,
        'receivable' as debit, 'income' as credit, c.amount_cents::bigint, c.currency
    from payments_charge c where c.amount_cents > 0
    union all
    select 'adjustment-' || a.id, 'adjustment', a.created_at, a.created_at, c.id, c.user_id,
        c.purpose, a.reason, '',
        case when a.amount_cents > 0 then 'receivable'
             when a.grant_id is not null then 'aid_promised' else 'income' end,
        case when a.amount_cents > 0 then 'income' else 'receivable' end,
        abs(a.amount_cents), c.currency
    from payments_adjustment a join payments_charge c on c.id = a.charge_id
    union all
    select 'payment-' || p.id, 'payment', p.recorded_at, p.received_at, c.id, c.user_id,
        c.purpose, c.description, p.reference, p.method, 'receivable', p.amount_cents, p.currency
    from payments_payment p join payments_charge c on c.id = p.charge_id
    union all
    select 'refund-' || r.id, 'refund', r.done_at, r.done_at, c.id, c.user_id, c.purpose,
        r.reason, coalesce(r.reference, ''), 'receivable', p.method, r.amount_cents, r.currency
    from payments_refund r join payments_charge c on c.id = r.charge_id
        join payments_payment p on p.id = r.payment_id
    where r.done_at is not null
    union all
    select 'refund-failed-' || r.id, 'refund_failed', r.failed_at, r.failed_at, c.id, c.user_id,
        c.purpose, r.reason, coalesce(r.reference, ''), p.method, 'receivable', r.amount_cents,
        r.currency
    from payments_refund r join payments_charge c on c.id = r.charge_id
        join payments_payment p on p.id = r.payment_id
    where r.done_at is not null and r.state = 'failed'
    union all
    select 'dispute-' || d.id, 'dispute', d.open_at, d.open_at, c.id, c.user_id, c.purpose,
        c.description, d.reference, 'disputed', 'stripe', d.amount_cents, d.currency
    from payments_dispute d join payments_charge c on c.id = d.charge_id
    where d.open_at is not null
    union all
    -- A case that is decided a second time keeps the line of the first decision: what moves
    -- then moves between Stripe and what the person owes.
    select 'dispute-won-' || d.id, 'dispute_won', coalesce(d.won_at, d.closed_at),
        coalesce(d.won_at, d.closed_at), c.id, c.user_id, c.purpose, c.description, d.reference,
        'stripe', case when d.won_at > d.lost_at then 'receivable' else 'disputed' end,
        d.amount_cents, d.currency
    from payments_dispute d join payments_charge c on c.id = d.charge_id
    where d.open_at is not null and coalesce(d.won_at, d.closed_at) is not null
    union all
    select 'dispute-lost-' || d.id, 'dispute_lost', d.lost_at, d.lost_at, c.id, c.user_id,
        c.purpose, c.description, d.reference, 'receivable',
        case when coalesce(d.won_at, d.closed_at) < d.lost_at then 'stripe' else 'disputed' end,
        d.amount_cents, d.currency
    from payments_dispute d join payments_charge c on c.id = d.charge_id
    where d.open_at is not null and d.lost_at is not null
    union all
    select 'fund-' || f.id, 'fund', f.created_at, f.created_at, f.charge_id, f.user_id,
        coalesce(c.purpose, 'aid_fund'), f.reason, '',
        case f.kind when 'surplus' then 'income' when 'gift' then 'gifts'
            when 'grant_back' then case when used.id is null then 'aid_promised' else 'income' end
            else 'aid_fund' end,
        case f.kind when 'grant' then 'aid_promised' when 'surplus_back' then 'income'
            else 'aid_fund' end,
        abs(f.amount_cents), f.fund_id
    from payments_fundentry f left join payments_charge c on c.id = f.charge_id
        left join payments_adjustment used on used.grant_id = f.reverses_id;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_money")]

    operations = [
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(BALANCE, NO_BALANCE),
        migrations.RunSQL(LINES, "drop view payments_ledgerline"),
    ]
