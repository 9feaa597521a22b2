"""What takes the place of each call in Patchwork's REST API (servers.md 6.5); docs/rest.md."""

from __future__ import annotations

#: Method -> the request that replaces it.
METHODS = {
    "pw_rpc_version": "GET /api/",
    "project_list": "GET /api/projects/",
    "project_get": "GET /api/projects/ID-or-linkname/",
    "person_list": "GET /api/people/?q=…",
    "person_get": "GET /api/people/ID/",
    "state_list": "none",
    "state_get": "none",
    "patch_list": "GET /api/patches/?…",
    "patch_get": "GET /api/patches/ID/",
    "patch_get_by_hash": "GET /api/patches/?hash=…",
    "patch_get_by_project_hash": "GET /api/patches/?project=…&hash=…",
    "patch_get_mbox": "the URL in member mbox of GET /api/patches/ID/",
    "patch_get_diff": "member diff of GET /api/patches/ID/",
    "patch_check_get": "member check of GET /api/patches/ID/",
    "patch_set": "PATCH /api/patches/ID/",
    "check_list": "GET /api/patches/ID/checks/",
    "check_get": "GET /api/patches/ID/checks/CHECK/",
    "check_create": "POST /api/patches/ID/checks/",
}

#: Key of a patch_list filter, without its lookup -> the query parameter of GET /api/patches/.
FILTERS = {
    "project_id": "project=LINKNAME",
    "state_id": "state=SLUG",
    "submitter_id": "submitter=ID-or-address",
    "delegate_id": "delegate=…",
    "archived": "archived=false",
    "hash": "hash=…",
    "msgid": "msgid=…",
    "date": "since=…, before=…",
    "name": "q=…",
    "max_count": "per_page=…",
}
