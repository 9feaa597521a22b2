"""PW-LIST, what holds between lists whatever the rows are."""

from .catalogue import MUST, row

SEARCH = "pwclient looks names up with these before it does anything else"
COUNT = "pwclient list -n and -N send it as max_count"
FILTER = "every client narrows lists on the server and trusts what comes back"
TYPO = "a client cannot tell a typo from an empty list"

LAWS = [
    row(
        "LIST-083",
        MUST,
        "all",
        text="By gt, gte, lt and range every text is greater than another, equal to it or less.",
        why=FILTER,
        facts="docs/servers.md 1.7, 3",
        recorded=[
            "patch_list/name__gt='anonymous submitter' + patch_list/name__gte='anonymous submitter'"
            " + patch_list/name__lt='anonymous submitter' + patch_list/name='anonymous submitter'"
            " + patch_list"
        ],
    ),
    row(
        "LIST-084",
        MUST,
        "all",
        text="isnull is true of no name, date, msgid, archived or id, nor of a text that shows.",
        why=FILTER,
        facts="docs/servers.md 1.7",
        recorded=[
            "patch_list/name__isnull=True",
            "patch_list/date__isnull=False",
            "patch_list/commit_ref__isnull=True",
        ],
    ),
    row(
        "LIST-085",
        MUST,
        "all",
        text="id__range from the first to the last id that a list gives holds that list.",
        why=FILTER,
        facts="docs/servers.md 1.7",
        recorded=['check_list/combo {"user": 2, "max_count": 3} + check_list/id__range=[3, 6]'],
    ),
    row(
        "LIST-086",
        MUST,
        "1.1+",
        text="A max_count of patches that is a text, nil, an array or a struct is a TypeError.",
        why=COUNT,
        facts="docs/servers.md 1.6, 1.7",
        recorded=["patch_list/max_count='2'", "patch_list/max_count=<nil/>"],
        python=3,
    ),
    row(
        "LIST-087",
        MUST,
        "all",
        text="A max_count that is a double or a boolean counts as its whole number.",
        why=COUNT,
        facts="docs/servers.md 1.6, 1.7",
        recorded=[
            "patch_list/max_count=True + patch_list/max_count=1",
            "patch_list/max_count=1.5 + patch_list/max_count=1",
            "patch_list/max_count=False + patch_list/max_count=0",
        ],
    ),
    row(
        "LIST-088",
        MUST,
        "all",
        text="A text in place of the filter gives nothing.",
        why=TYPO,
        facts="docs/servers.md 1.7",
        recorded=["patch_list/positional=*"],
    ),
    row(
        "LIST-089",
        MUST,
        "1.1+",
        text="A list for project_id, state_id or submitter_id is a TypeError, with __in behind it,"
        " too.",
        why="clients that try to ask for several projects at once learn of it",
        facts="docs/servers.md 1.7",
        recorded=["patch_list/project_id__in=[1, 2]"],
    ),
    row(
        "LIST-093",
        MUST,
        "all",
        text="Rows that a list no longer holds, and what a row no longer says, do not come back"
        " with the next call.",
        why="clients poll lists and act on what is new",
        facts="docs/servers.md 1.6, 1.7, 1.8",
        recorded=["patch_list + patch_list", "project_list + project_list"],
    ),
    row(
        "LIST-096",
        MUST,
        "all",
        text="A search for a text that there is not finds nothing, be it long or full of quotes.",
        why=SEARCH,
        facts="docs/servers.md 1.6",
        recorded=["state_list/search='under-review'"],
    ),
    row(
        "LIST-097",
        MUST,
        "all",
        text="Where a patch shows no hash or no commit_ref, filters find it as null or as empty.",
        why="patch_get_by_hash and pwclient update -c are of no use where they are not shown",
        facts="docs/servers.md 1.3, 1.7",
        recorded=[
            "patch_list + patch_list/commit_ref__isnull=True + patch_list/commit_ref=''",
            "patch_list + patch_list/hash__isnull=True + patch_list/hash=''",
        ],
    ),
    row(
        "LIST-098",
        MUST,
        "all",
        text="Without a search project_list, state_list and person_list give what an empty one"
        " gives.",
        why="pwclient projects sends '', and older scripts send nothing",
        facts="docs/servers.md 1.4, 1.6",
        recorded=[
            "project_list + project_list/search=''",
            "state_list + state_list/search='' + state_list/max=0",
        ],
    ),
    row(
        "LIST-099",
        MUST,
        "all",
        text="A long list holds all that shorter lists of its rows hold: there are no pages.",
        why="no client asks for a second page",
        facts="docs/servers.md 1.7",
        recorded=["patch_list/id__lt=9999 + patch_list/id__gte=1"],
    ),
    row(
        "LIST-101",
        MUST,
        "all",
        text="An empty text is a value like any other: it is no text that shows, and part of each.",
        why="a client that has no name, message id or hash to ask for must not be given all",
        facts="docs/servers.md 1.7",
        recorded=[
            "patch_list/name=''",
            "patch_list/name__icontains=''",
            "patch_list/hash=''",
        ],
    ),
    row(
        "LIST-102",
        MUST,
        "all",
        text="nil finds no patch by name, date, msgid, archived or id; behind a lookup that"
        " compares it is a ValueError, on 1.0 [].",
        why="a client that sends a setting which it does not have must not be given all",
        facts="docs/servers.md 1.7",
        recorded=[
            "patch_list/name=<nil/>",
            "patch_list/name__gt=<nil/>",
            "patch_list/name__icontains=<nil/>",
        ],
    ),
    row(
        "LIST-103",
        MUST,
        "all",
        text="Behind date__year gt, gte, lt and lte compare, where Django can; what is no lookup"
        " behind another is a FieldError, on 1.0 [].",
        why=TYPO,
        facts="docs/servers.md 1.7, 2",
        recorded=[
            "patch_list/date__year__gt=2016",
            "patch_list/date__year__lte=2016",
            "patch_list/name__icontains__foo=2016",
        ],
    ),
]
