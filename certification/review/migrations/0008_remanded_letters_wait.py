"""What a panel sent back before a letter could say so itself waits for its author, too."""

from django.db import migrations


def mark(apps, schema_editor):
    """Carry day and instructions over to the letters; running it again writes the same."""
    letters = apps.get_model("supervision", "Recommendation").objects
    rows = apps.get_model("review", "Appeal").objects.filter(
        state="decided", outcome="remanded", recommendation__isnull=False
    )
    for row in rows.only("recommendation_id", "decided_at", "instructions"):
        letters.filter(pk=row.recommendation_id).update(
            remanded_at=row.decided_at, instructions=row.instructions
        )


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0007_office_files_what_is_attached"),
        ("supervision", "0004_letters_are_looked_at_again"),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
