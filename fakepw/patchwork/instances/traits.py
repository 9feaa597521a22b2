"""What differs between deployments, one trait at a time; `tables` says which has which."""

from __future__ import annotations

from typing import Any

import msgspec


class Traits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything that the code asks of an instance. Each trait says where its fact comes from."""

    # release (servers.md 2, the table)
    has_xmlrpc: bool  # up to 3.x and main (servers.md 6.5)
    version: int | tuple[int, ...]  # pw_rpc_version
    has_checks: bool  # check_*, patch_check_get
    has_hash_member: bool  # in a patch
    filename_suffix: str
    swallows_errors: bool  # of the methods that only read
    #: what methods get for arguments that are left out, where nil is not the same
    default_arguments: dict[str, Any] | None
    slices_search_results: bool  # max_count of the methods that search cuts a list: a whole number
    missing_row_faults: bool  # rather than {} or ''
    missing_relation_faults: bool  # patch_list by a row that is not there
    duplicate_hash_faults: bool
    negative_count: str  # of max_count: "last" rows, or "all"
    check_list_negative_count: str
    counts_by_loading: bool  # the last rows are cut from a list, which takes no float
    decodes_text_credentials: bool  # never works under Python 3: nobody can log in
    checks_by_context_only: bool  # the newest check of each context, not of user and context
    null_context: bool  # a check's context may be NULL
    items_method: str  # by which patch_set walks its struct

    # mbox (servers.md 1.9 and 2)
    mbox_says: tuple[str, ...]  # headers that Patchwork itself writes, in order
    mbox_copies: tuple[str, ...] | None  # headers of the original mail, in order; None: all
    mbox_unmunges: bool  # a From that is the list's address becomes the submitter's
    mbox_postscript: str  # pattern of the line before it, and of the line ends around that
    mbox_tag: str  # pattern of a comment's line that goes into the mail
    mbox_as_text: bool  # patch_get_mbox writes text, which Python 3 does unlike bytes
    message_is_comment: bool  # the commit message is one, the content is the diff (servers.md 0)
    missing_message_is_line: bool  # one that is null, as one that is empty
    # pages (servers.md 1.1, 1.11, 2)
    documents_methods: bool  # GET /xmlrpc/ shows them
    xmlrpc_redirect: str  # where methods other than GET and POST on /xmlrpc/ are sent
    help_pages: bool  # /help/..., and no /about/
    offers_script: bool  # pwclient, at /pwclient/
    script_asks_who: bool  # whether its page looks at the session
    patches_by_msgid: bool  # /patch/N/ redirects to /project/X/patch/MSGID/
    encodes_slashes: bool  # of a message id there, as %2F
    patch_page_has_form: bool
    comment_pages: bool  # /comment/N/
    raw_suffix: str  # of the name under which /raw/ is offered
    mbox_type: str
    pwclientrc: str
    pwclientrc_without_rest: str | None  # where the REST API is off; None: the same
    rest_versions: tuple[str, ...]  # /api/VERSION/, as far as recorded (servers.md 6.1)
    rest_root: str | None  # where /api/ leads, if it is no page itself
    forbids_framing: bool  # sends X-Frame-Options

    # settings as they are shipped (servers.md 6.1); a deployment's are laid over all traits
    time_zone: str  # of new checks' dates and of a database's session (servers.md 1.10, 3)
    xmlrpc_enabled: bool
    rest_enabled: bool
    site_domain: str  # that a new Patchwork's pwclientrc shows (servers.md 1.1)
    site_name: str
    script_name: str  # the path that is in front of every other
    redirects_to_https: bool

    # Python
    unicode: str  # its version: what is a digit, and what repr() shows (`characters`)
    py2: bool  # plain strings, hash order, `<type 'exceptions.X'>` (servers.md 2)
    iso_dates: str  # what fromisoformat takes: its own output ("strict") or any ISO 8601 ("any")
    regex_type_text: str  # a match against what is no text
    bad_year_text: str
    far_zone_text: str  # what utcoffset() says of a day or more
    strict_datetimes: bool  # < 3.9: a DateTime compares with no number, not even to be unequal
    bad_index_text: str  # a list or text asked for an item by name
    cannot_unpack_text: str  # an empty range
    # wire: how loads() reads and complains (tests/protocol/interpreters.jsonl.xz)
    lone_argument_comma: bool  # <= 3.6: repr of an exception with one argument
    int_limit_text: str | None  # of an int() of more than 4300 digits, where there is a limit
    blank_float_text: str | None  # how float() shows a blank text, if not as it is
    counts_base64: bool  # >= 3.7: tells one character too many from bad padding
    fault_class_text: str  # how Fault(**members) names the class ...
    fault_init_text: str  # ... its initialiser ...
    keywords_text: str  # ... and a member that has no name
    # pages
    markup: str  # pydoc's generation of HTML
    drops_a_slash: bool  # the gunicorn of that Python takes //xmlrpc/ for /xmlrpc/

    # Django
    names_field_of_bad_number: bool  # >= 3: "Field 'id' expected a number"
    truthy_booleans: bool  # < 1.10: any value for a boolean, by its truth
    quotes: tuple[str, str]  # round a value in a ValidationError
    parses_iso_first: bool  # >= 4: fromisoformat, then regular expressions
    decimal_marks: str  # >= 3: before the fraction of a second
    blanks_before_zone: bool  # >= 4
    far_zones: str  # a day or more from UTC: "taken" (1.8), "noticed" when used, "refused" (>= 2.2)
    exact_float_bounds: bool  # >= 3: gte and lt of a float are not cut to integers
    #: < 2: nil is refused before the lookup is looked at; where it is not, `isnull` takes the place
    #: of the "lookup" or of all parts of the "key"
    null_replaces: str | None
    date_parts_are_transforms: bool  # >= 1.9: date__year__gt
    suggests_lookups: bool  # "perhaps you meant"
    auto_fields_are_integers: bool  # >= 3: an id can be looked up by all that an integer can
    names_lookup_chain: bool  # `gt__gt`, rather than its first part
    related_lookups: tuple[str, ...]  # those that a relation takes
    related_lookup_text: tuple[str, str] | None  # (class, text) of one that it does not
    nested_relation_text: tuple[str, str] | None  # (class, text) of more than one
    isnull_needs_boolean: bool  # >= 4
    empty_range: tuple[str, str] | None  # (class, text); None: Python's own
    single_range_text: str
    negative_index_fault: str
    knows_integer_ranges: bool  # a number that a column cannot hold matches nothing
    sorts_filters: bool  # by name, rather than as sent
    counts_matches_to: int | None  # of get(), in the text of its fault
    nested_model_faults: bool  # >= 2: patchwork.models.Patch.DoesNotExist
    inactive_users_log_in: bool
    body_limit: int | None  # >= 1.10: bytes of a request's body (servers.md 1.1, 2)
    # pages: what its middleware and cookies do (servers.md 1.1, 2)
    frame_options: str
    sizes_answers: bool  # sends Content-Length
    sizes_slash_redirects: bool
    short_circuits: bool  # >= 1.10: an answer of one middleware passes the inner ones by
    absolute_redirects: bool
    error_type: str  # Content-Type of the plain error pages
    drops_short_sessions: bool  # a sessionid that can be none is deleted at once
    varies_on_dropped_sessions: bool
    cookie_dashes: bool  # 01-Jan-1970
    cookie_attributes: str
    dropped_cookie_attributes: str  # of one that is deleted
    csrf_length: int  # of a new token
    csrf_lengths: tuple[int, ...]  # of a client's token that is taken for one
    renews_bad_csrf_tokens: bool  # >= 4: whatever the page
    host_pattern: str  # of a Host header
    redirect_safe: str  # what stays unquoted in the path of a redirect to one with a slash
    keeps_stray_bytes: bool  # >= 1.11: %FF in a path is its own text, rather than a 400

    loud_reasons: bool  # 1.8: 404 NOT FOUND (servers.md 6.2)
    dates_uncached_pages: bool  # <= 1.10: Last-Modified, where no cache may keep a page
    uncached_pages_are_private: bool  # >= 3.0

    # database (servers.md 3)
    database: str
    backend: str  # Django's name of it
    hash_storage: str  # of a hash shorter than its column: "as is", "padded", "stripped"
    integer_bits: int  # of the integers that Django believes a column to hold
    aware_dates: bool  # dates with a zone are understood
    has_range_lookups: bool  # contrib.postgres adds `contained_by` to what Django suggests
    nul_in_text: tuple[str, str] | None  # (class, text)
    bytes_in_text: tuple[str, str]  # (class, text) of a user's name in bytes that are not UTF-8
    nul_ends_pattern: bool  # of LIKE
    long_range: tuple[str, str]  # (class, text) of a range with more than two values
    longest_pattern: int | None  # bytes of a LIKE pattern
    keeps_types: bool  # of what iexact and regex are given, and fails for what is no text
    binds_arrays: bool  # psycopg 3: a list of texts is the literal of an array, and so a text
    counts_first: bool  # psycopg 3: the values of a query, before it looks at them
    boolean_texts: tuple[str, str]  # False and True as text
    date_decimals: str  # of a date as text: "some", "always", or "zone" with its offset
    bad_regex: tuple[str, str]
    big_integer_text: str | None  # an integer that SQLite's driver does not take
    date_part_fault: tuple[str, str] | None  # Django 1.8 looking for a date in other columns
    lone_year_fault: tuple[str, str] | None  # the same for a year: one value where two are due
    untyped_regex: tuple[str, str] | None  # a pattern that is no text
    regex_fails_by_row: bool  # a pattern is looked at with the first row, not before
    failed_insert_takes_id: bool  # a check that is refused for its NULL uses up an id
    ids_run_out: tuple[str, str] | None  # (class, text) after the last 32-bit id
    limit_faults: tuple[tuple[int, str, str], ...]  # (from this max_count on, class, text)
    null_text: str
    too_long_text: str | None  # of a text that a column cannot hold

    @property
    def offers_rest(self) -> bool:
        """Whether the REST API is there: in this release, and on."""
        return self.rest_enabled and bool(self.rest_versions)

    def __repr__(self) -> str:
        python = "Python 2" if self.py2 else "Python 3"
        return f"<Traits: API version {self.version}, {python}, {self.database}>"

    def model_fault(self, model: str, error: str) -> str:
        """The class of a model's DoesNotExist or MultipleObjectsReturned (servers.md 2)."""
        return f"patchwork.models.{f'{model}.' if self.nested_model_faults else ''}{error}"
