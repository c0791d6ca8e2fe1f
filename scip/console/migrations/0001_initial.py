"""Finding people in spite of typos and accents: extensions, one function, one index."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

FUNCTION = """
create function scip_plain(value text) returns text
    language sql immutable parallel safe strict
    as $$ select lower(public.unaccent('public.unaccent'::regdictionary, value)) $$
"""
INDEX = """
create index user_search on accounts_user
    using gin (scip_plain(name || ' ' || email) gin_trgm_ops)
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0002_initial")]
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FUNCTION, "drop function scip_plain(text)"),
        migrations.RunSQL(INDEX, "drop index user_search"),
    ]
