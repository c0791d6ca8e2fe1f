"""What was issued before facts were signed is signed as it stands on this day."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def sign_what_stands(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select exists(select from credentials_credential where seal = '')")
        if cursor.fetchone() == (False,):
            return
    from scip.credentials.proof import seal

    unsigned = apps.get_model("credentials", "Credential").objects.filter(seal="")
    for credential in unsigned.iterator():
        seal(credential)
        credential.save(update_fields=["seal"])


class Migration(migrations.Migration):
    dependencies = [("credentials", "0004_standing_papers_and_seal")]

    operations = [migrations.RunPython(sign_what_stands, migrations.RunPython.noop)]
