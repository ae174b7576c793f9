from tests.databases import database, migrated_file, migrated_template, migrated_url

__all__ = ["database", "migrated_file", "migrated_template", "migrated_url"]
