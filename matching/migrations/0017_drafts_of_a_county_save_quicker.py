"""
Two indexes less to write for every row of a draft: others begin with the proposal, and nobody asks who changed a row.

Only the indexes go: Django's own way writes the whole table anew on SQLite, and on PostgreSQL keeps everybody from their
drafts while it checks the foreign keys of all rows.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As Django has named them, from the table and the column, on each database.
INDEXES = {
    'changed_by_id': 'matching_proposedpair_changed_by_id_d3cb2d23',
    'proposal_id': 'matching_proposedpair_proposal_id_e058a9ea',
}


def drop_indexes(apps, schema_editor):
    without_waiting = 'CONCURRENTLY ' if schema_editor.connection.vendor == 'postgresql' else ''
    for name in INDEXES.values():
        schema_editor.execute(f'DROP INDEX {without_waiting}IF EXISTS {name}')


def create_indexes(apps, schema_editor):
    for column, name in INDEXES.items():
        schema_editor.execute(f'CREATE INDEX IF NOT EXISTS {name} ON matching_proposedpair ({column})')


class Migration(migrations.Migration):

    # Each index goes by itself, as PostgreSQL wants it; begun anew it goes on with what is left.
    atomic = False

    dependencies = [
        ('matching', '0016_trials_remember_what_they_changed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes, create_indexes)],
            state_operations=[
                migrations.AlterField(
                    model_name='proposedpair',
                    name='changed_by',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='proposedpair',
                    name='proposal',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pairs', to='matching.proposal'),
                ),
            ],
        ),
    ]
