"""What differs between databases, and between the drivers that speak to them, as tables."""

from __future__ import annotations

from typing import Any

#: Each holds what differs from SQLite.
DATABASES: dict[str, dict[str, Any]] = {
    "sqlite": {
        "database": "sqlite",
        "backend": "SQLite",
        "hash_storage": "as is",
        "integer_bits": 64,
        "aware_dates": False,
        "has_range_lookups": False,
        "nul_in_text": None,
        "bytes_in_text": ("django.db.utils.ProgrammingError", "You must not use 8-bit bytestrings"),
        "nul_ends_pattern": True,
        "long_range": (
            "django.db.utils.ProgrammingError",
            "Incorrect number of bindings supplied. The current statement uses 2, and there are "
            "{count} supplied.",
        ),
        "longest_pattern": 50_000,
        "keeps_types": False,
        "binds_arrays": False,
        "counts_first": False,
        "boolean_texts": ("0", "1"),
        "date_decimals": "some",
        "bad_regex": ("django.db.utils.OperationalError", "user-defined function raised exception"),
        "big_integer_text": "Python int too large to convert to SQLite INTEGER",
        "date_part_fault": None,
        "lone_year_fault": None,
        "untyped_regex": (
            "django.db.utils.OperationalError",
            "user-defined function raised exception",
        ),
        "regex_fails_by_row": True,
        "failed_insert_takes_id": False,
        "ids_run_out": None,
        "limit_faults": ((2**63, "django.db.utils.IntegrityError", "datatype mismatch"),),
        "null_text": "NOT NULL constraint failed: {table}.{column}",
        "too_long_text": None,
    },
    "postgresql": {
        "database": "postgresql",
        "backend": "PostgreSQL",
        "hash_storage": "padded",
        "integer_bits": 32,
        "aware_dates": True,
        "has_range_lookups": True,
        "nul_in_text": ("ValueError", "A string literal cannot contain NUL (0x00) characters."),
        "bytes_in_text": (
            "django.db.utils.DataError",
            'invalid byte sequence for encoding "UTF8"\n',
        ),
        "nul_ends_pattern": False,
        "long_range": ("TypeError", "not all arguments converted during string formatting"),
        "longest_pattern": None,
        "keeps_types": True,
        "boolean_texts": ("false", "true"),
        "date_decimals": "zone",
        "bad_regex": ("django.db.utils.DataError", "invalid regular expression\n"),
        "big_integer_text": None,
        "date_part_fault": (
            "django.db.utils.ProgrammingError",
            "function pg_catalog.date_part(unknown, character varying) does not exist\n",
        ),
        "lone_year_fault": ("IndexError", "tuple index out of range"),
        "untyped_regex": None,
        "regex_fails_by_row": False,
        "failed_insert_takes_id": True,
        "ids_run_out": (
            "django.db.utils.DataError",
            'nextval: reached maximum value of sequence "{table}_id_seq" (2147483647)\n',
        ),
        "limit_faults": ((2**63, "django.db.utils.DataError", "bigint out of range\n"),),
        "null_text": 'null value in column "{column}" of relation "{table}" violates not-null '
        "constraint\n",
        "too_long_text": "value too long for type character varying({length})\n",
    },
    "mariadb": {
        "database": "mariadb",
        "backend": "MySQL",
        "hash_storage": "stripped",
        "integer_bits": 32,
        "has_range_lookups": True,
        "nul_ends_pattern": False,
        "long_range": (
            "django.db.utils.ProgrammingError",
            "not all arguments converted during bytes formatting",
        ),
        "longest_pattern": None,
        "date_decimals": "always",
        "bad_regex": ("django.db.utils.OperationalError", '(1139, "Got error from regexp")'),
        "big_integer_text": None,
        "untyped_regex": None,
        "regex_fails_by_row": False,
        "ids_run_out": (
            "django.db.utils.InternalError",
            "(167, \"Out of range value for column 'id' at row 1\")",
        ),
        "limit_faults": (
            (
                2**64,
                "django.db.utils.ProgrammingError",
                '(1064, "You have an error in your SQL syntax; check the manual that corresponds '
                "to your MariaDB server version for the right syntax to use near '{number}' at "
                'line 1")',
            ),
        ),
        "null_text": "(1048, \"Column '{column}' cannot be null\")",
        "too_long_text": "(1406, \"Data too long for column '{column}' at row 1\")",
    },
}

#: What a release's own driver changes: main speaks to PostgreSQL by psycopg 3, the others by
#: psycopg2 (servers.md 0.1; main-py3-postgresql).
DRIVERS: dict[tuple[str, str], dict[str, Any]] = {
    ("main", "postgresql"): {
        "nul_in_text": (
            "django.db.utils.DataError",
            "PostgreSQL text fields cannot contain NUL (0x00) bytes",
        ),
        "long_range": (
            "django.db.utils.ProgrammingError",
            "the query has 2 placeholders but {count} parameters were passed",
        ),
        "binds_arrays": True,
        "counts_first": True,
    },
}
