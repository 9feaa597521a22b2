"""What differs between releases, Pythons and Djangos, as three tables of changes.

An instance is release x runtime x Django x database.  The Django decides which Python stands under
it (`stacks`); each of the four has a table in which an entry holds what changed since the entry
before (`databases`: what differs from SQLite).  `instances` lays them over one another.
Adding a release is one new entry in RELEASES.  Within an entry traits stand as in `Traits`.
"""

from __future__ import annotations

from typing import Any

#: Oldest first; an entry holds what changed since the one before.
RELEASES: dict[str, dict[str, Any]] = {
    "1.0": {
        "has_xmlrpc": True,
        "version": 1,
        "has_checks": False,
        "has_hash_member": False,
        "filename_suffix": ".patch",
        "swallows_errors": True,
        "default_arguments": {"search_str": "", "filt": {}},
        "slices_search_results": True,
        "missing_row_faults": False,
        "missing_relation_faults": False,
        "duplicate_hash_faults": False,
        "negative_count": "all",
        "check_list_negative_count": "all",
        "counts_by_loading": True,
        "decodes_text_credentials": True,
        "checks_by_context_only": True,
        "null_context": True,
        "items_method": "iteritems",
        # mbox
        "mbox_says": ("Subject", "From", "X-Patchwork-Id", "Message-Id"),
        "mbox_copies": ("To", "Cc", "Date"),
        "mbox_unmunges": False,
        "mbox_postscript": r"\n-{2,3} ?\n",
        "mbox_tag": r"^(?:Tested|Reviewed|Acked|Signed-off|Nacked|Reported)-by: .*$",
        "mbox_as_text": True,
        "message_is_comment": True,
        "missing_message_is_line": True,
        # pages
        "documents_methods": False,
        "xmlrpc_redirect": "/help/pwclient/",
        "help_pages": True,
        "offers_script": True,
        "script_asks_who": True,
        "patches_by_msgid": False,
        "encodes_slashes": False,
        "patch_page_has_form": False,
        "comment_pages": False,
        "raw_suffix": ".patch",
        "mbox_type": "text/plain",
        "pwclientrc": "url= http://{domain}/xmlrpc/",
        "pwclientrc_without_rest": None,
        "rest_versions": (),
        "rest_root": None,
        "forbids_framing": False,
        # settings
        "time_zone": "Australia/Canberra",
        "xmlrpc_enabled": True,
        "rest_enabled": True,
        "site_domain": "example.com",
        "site_name": "Patchwork",
        "script_name": "",
        "redirects_to_https": False,
    },
    "1.1": {
        "version": (1, 2, 0),
        "has_checks": True,
        "swallows_errors": False,
        "default_arguments": None,
        "slices_search_results": False,
        "missing_row_faults": True,
        "missing_relation_faults": True,
        "negative_count": "last",
        "items_method": "items",
        # mbox
        "mbox_says": (
            "Subject",
            "X-Patchwork-Submitter",
            "X-Patchwork-Id",
            "X-Patchwork-Delegate",
            "Message-Id",
        ),
        "mbox_copies": ("To", "Cc", "Date", "From"),
        "missing_message_is_line": False,
        # pages
        "documents_methods": True,
    },
    "2.0": {
        "version": (1, 3, 0),
        "has_hash_member": True,
        "filename_suffix": "",
        "missing_row_faults": False,
        "missing_relation_faults": False,
        "duplicate_hash_faults": True,
        "check_list_negative_count": "last",
        "counts_by_loading": False,
        "decodes_text_credentials": False,
        "checks_by_context_only": False,
        "null_context": False,
        # mbox
        "mbox_copies": ("To", "Cc", "Date", "From", "List-Id"),
        "mbox_tag": r"^(?:Tested|Reviewed|Acked|Signed-off|Nacked|Reported)-by:.*$",
        "mbox_as_text": False,
        "message_is_comment": False,
        # pages
        "xmlrpc_redirect": "/",
        "help_pages": False,
        "script_asks_who": False,
        "comment_pages": True,
        "raw_suffix": ".diff",
        "rest_versions": ("1.0",),
        "forbids_framing": True,
    },
    "2.1": {
        # mbox
        "mbox_says": ("X-Patchwork-Submitter", "X-Patchwork-Id", "X-Patchwork-Delegate"),
        "mbox_copies": None,
        # pages
        "pwclientrc": "url = http://{domain}/xmlrpc/",
    },
    "2.2": {
        # mbox
        "mbox_unmunges": True,
        # pages
        "offers_script": False,
        "patches_by_msgid": True,
        "rest_versions": ("1.0", "1.2"),
    },
    "3.0": {
        # pages
        "mbox_type": "text/plain; charset=utf-8",
    },
    "3.1": {
        # mbox
        "mbox_postscript": r"(?:^|\n)-{2,3} ?\n",
        # pages
        "encodes_slashes": True,
        "rest_versions": ("1.0", "1.2", "1.3"),
    },
    "3.2": {
        # pages
        "pwclientrc": "backend = rest\nurl = http://{domain}/api/",
        "pwclientrc_without_rest": "backend = xmlrpc\nurl = http://{domain}/xmlrpc/",
    },
    "main": {
        # pages
        "patch_page_has_form": True,
    },
}

#: Patchworks that stand on no Python and have no XML-RPC: what is known to differ from `main`.
APART: dict[str, dict[str, Any]] = {
    "4.0": {  # a rewrite in Go (servers.md 6.5)
        "has_xmlrpc": False,
        "rest_versions": ("1.4",),
        "rest_root": "/api/1.4/",
    },
}

PYTHONS: dict[str, dict[str, Any]] = {
    "2.7": {
        "unicode": "5.2",
        "py2": True,
        "iso_dates": "strict",
        "regex_type_text": "expected string or buffer",
        "bad_year_text": "year is out of range",
        "far_zone_text": "tzinfo.utcoffset() returned {minutes}; must be in -1439 .. 1439",
        "strict_datetimes": True,
        "bad_index_text": "{kind} indices must be integers, not str",
        "cannot_unpack_text": "need more than 0 values to unpack",
        # wire
        "lone_argument_comma": True,
        "int_limit_text": None,
        "blank_float_text": "",
        "counts_base64": False,
        "fault_class_text": "type object",
        "fault_init_text": "__init__()",
        "keywords_text": "__init__() keywords must be strings",
        # pages
        "markup": "2.7",
        "drops_a_slash": True,
    },
    "3.6": {
        "unicode": "9.0",
        "py2": False,
        "regex_type_text": "expected string or bytes-like object",
        "bad_year_text": "year {year} is out of range",
        "far_zone_text": "offset must be a timedelta strictly between -timedelta(hours=24) and "
        "timedelta(hours=24).",
        "bad_index_text": "{kind} indices must be integers or slices, not str",
        "cannot_unpack_text": "not enough values to unpack (expected 2, got 0)",
        # pages
        "markup": "3.6",
    },
    "3.8": {
        "unicode": "12.1",
        # wire
        "lone_argument_comma": False,
        "int_limit_text": "Exceeds the limit (4300) for integer string conversion: value has "
        "{digits} digits; use sys.set_int_max_str_digits() to increase the limit",
        "blank_float_text": "''",
        "counts_base64": True,
        # pages
        "markup": "3.8",
        "drops_a_slash": False,
    },
    "3.9": {
        "unicode": "13.0",
        "strict_datetimes": False,
        # wire
        "fault_class_text": "xmlrpc.client.Fault()",
        "keywords_text": "keywords must be strings",
    },
    "3.10": {
        # wire
        "blank_float_text": None,
        "fault_init_text": "Fault.__init__()",
    },
    "3.11": {
        "unicode": "14.0",
        "iso_dates": "any",
        "regex_type_text": "expected string or bytes-like object, got '{type}'",
        # wire
        "int_limit_text": "Exceeds the limit (4300 digits) for integer string conversion: value "
        "has {digits} digits; use sys.set_int_max_str_digits() to increase the limit",
        # pages
        "markup": "3.12",
    },
    "3.12": {"unicode": "15.0"},
    "3.13": {"unicode": "15.1"},
}

DJANGOS: dict[str, dict[str, Any]] = {
    "1.8": {
        "names_field_of_bad_number": False,
        "truthy_booleans": True,
        "quotes": ("'", "'"),
        "parses_iso_first": False,
        "decimal_marks": ".",
        "blanks_before_zone": False,
        "far_zones": "taken",
        "exact_float_bounds": False,
        "null_replaces": "lookup",
        "date_parts_are_transforms": False,
        "suggests_lookups": False,
        "auto_fields_are_integers": False,
        "names_lookup_chain": False,
        "related_lookups": ("exact", "in", "gt", "gte", "lt", "lte", "isnull", "range"),
        "related_lookup_text": ("TypeError", "Related Field got invalid lookup: {name}"),
        "nested_relation_text": (
            "django.core.exceptions.FieldError",
            "Relation fields do not support nested lookups",
        ),
        "isnull_needs_boolean": False,
        "empty_range": ("IndexError", "list index out of range"),
        "single_range_text": "list index out of range",
        "negative_index_fault": "AssertionError",
        "knows_integer_ranges": False,
        "sorts_filters": False,
        "counts_matches_to": None,
        "nested_model_faults": False,
        "inactive_users_log_in": True,
        "body_limit": None,
        # pages
        "frame_options": "SAMEORIGIN",
        "sizes_answers": False,
        "sizes_slash_redirects": False,
        "short_circuits": False,
        "absolute_redirects": True,
        "error_type": "text/html",
        "drops_short_sessions": False,
        "varies_on_dropped_sessions": False,
        "cookie_dashes": True,
        "cookie_attributes": "",
        "dropped_cookie_attributes": "",
        "csrf_length": 32,
        "csrf_lengths": tuple(range(1, 33)),
        "renews_bad_csrf_tokens": False,
        "host_pattern": r"(?:[a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9:]+\])(?::\d+)?",
        "redirect_safe": "/",
        "loud_reasons": True,
        "dates_uncached_pages": True,
        "uncached_pages_are_private": False,
        "keeps_stray_bytes": False,
    },
    "1.9": {
        "far_zones": "noticed",
        "date_parts_are_transforms": True,
        "related_lookups": ("exact", "in", "gt", "gte", "lt", "lte", "isnull"),
        "nested_relation_text": (
            "django.core.exceptions.FieldError",
            "Related Field got invalid lookup: {name}",
        ),
        # pages
        "absolute_redirects": False,
        "loud_reasons": False,
        "drops_short_sessions": True,
        "redirect_safe": "/:@&+$,-_.!~*'()",
    },
    "1.10": {
        "truthy_booleans": False,
        "inactive_users_log_in": False,
        "body_limit": 2_621_440,
        # pages
        "short_circuits": True,
        "csrf_length": 64,
        "csrf_lengths": (64,),
    },
    "1.11": {
        "null_replaces": "key",
        "related_lookup_text": (
            "django.core.exceptions.FieldError",
            "Related Field got invalid lookup: {name}",
        ),
        "empty_range": None,
        "single_range_text": "tuple index out of range",
        # pages
        "dates_uncached_pages": False,
        "sizes_answers": True,
        "sizes_slash_redirects": True,
        "host_pattern": r"(?!\.(?::|$))(?:[a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::\d+)?",
        "keeps_stray_bytes": True,
    },
    "2.0": {
        "null_replaces": None,
        "sorts_filters": True,
    },
    "2.1": {
        "nested_model_faults": True,
        # pages
        "cookie_dashes": False,
        "cookie_attributes": "; SameSite=Lax",
    },
    "2.2": {
        "far_zones": "refused",
        "suggests_lookups": True,
        # pages
        "dropped_cookie_attributes": "; SameSite=Lax",
    },
    "3.0": {
        "auto_fields_are_integers": True,
        "names_field_of_bad_number": True,
        "quotes": ("“", "”"),
        "decimal_marks": ".,",
        "exact_float_bounds": True,
        "counts_matches_to": 20,
        # pages
        "frame_options": "DENY",
        "varies_on_dropped_sessions": True,
        "uncached_pages_are_private": True,
    },
    "3.1": {},
    "3.2": {},
    "4.0": {
        "parses_iso_first": True,
        "blanks_before_zone": True,
        "isnull_needs_boolean": True,
        "negative_index_fault": "ValueError",
        # pages
        "renews_bad_csrf_tokens": True,
    },
    "4.1": {
        # pages
        "error_type": "text/html; charset=utf-8",
        "csrf_length": 32,
        "csrf_lengths": (32, 64),
    },
    "4.2": {
        "related_lookup_text": None,
        # pages
        "sizes_slash_redirects": False,
    },
    "5.0": {"knows_integer_ranges": True},
    "5.1": {},
    "5.2": {"names_lookup_chain": True},
    "6.0": {
        # pages
        "sizes_slash_redirects": True,
    },
}
