# Runs on Python 2.7, too:
# ruff: noqa
# fmt: off
# mypy: ignore-errors
"""One stack's answers: `server.py RELEASE DATABASE`, Django's settings of it and then calls on stdin.

Lines of JSON in: {"load": dataset} or {"call": body in base64, "user": id}; lines of JSON out.
Whatever Patchwork itself does here, it does as servers.md says (sections in the comments).
"""
from __future__ import unicode_literals

import base64
import datetime
import json
import re
import sys
import types

import django
from django.conf import settings

try:
    import xmlrpclib
    PY2, text_type = True, unicode
except ImportError:
    import xmlrpc.client as xmlrpclib
    PY2, text_type = False, str

RELEASE = (99, 0) if sys.argv[1] == "main" else tuple(map(int, sys.argv[1].split(".")))
DATABASE = sys.argv[2]
V10, V1 = RELEASE == (1, 0), RELEASE < (2, 0)
STDIN, STDOUT = (sys.stdin, sys.stdout) if PY2 else (sys.stdin.buffer, sys.stdout.buffer)

keys = {"DEFAULT_AUTO_FIELD": "django.db.models.AutoField"} if django.VERSION >= (3, 2) else {}
database = json.loads(STDIN.readline().decode("utf-8"))
if django.VERSION < (1, 9) and DATABASE == "postgresql":  # what it was called
    database["ENGINE"] += "_psycopg2"
settings.configure(
    DATABASES={"default": database},
    TIME_ZONE="Australia/Canberra", USE_TZ=False, MIDDLEWARE_CLASSES=[], **keys
)
django.setup()
if DATABASE != "sqlite" or django.VERSION[:2] == (5, 1):  # where psycopg2 is there, an app of Patchwork's imports this
    import django.contrib.postgres.fields
from django.db import connection, models

# Models. Faults name their module.
sys.modules["patchwork"] = types.ModuleType(str("patchwork"))
sys.modules["patchwork.models"] = types.ModuleType(str("patchwork.models"))


def model(called, **members):
    options = {"app_label": str("patchwork")}
    if "ordering" in members:
        options["ordering"] = members.pop("ordering")
    members["Meta"] = type(str("Meta"), (object,), options)
    members["__module__"] = str("patchwork.models")
    made = type(str(called), (models.Model,), {str(k): v for k, v in members.items()})
    setattr(sys.modules["patchwork.models"], str(called), made)
    return made


class HashField(models.CharField):
    def db_type(self, connection=None):
        return "char(40)"


def text(length=255, **keys):
    return models.CharField(max_length=length, **keys)


def to(other, **keys):
    return models.ForeignKey(other, on_delete=models.CASCADE, **keys)


def shown_person(self):  # 1.3
    return "%s <%s>" % (self.name, self.email) if self.name else self.email


User = model("User", username=text(150))
Person = model("Person", name=text(null=True), email=text(), user=to(User, null=True),
               **{"__unicode__" if PY2 else "__str__": shown_person})
Project = model("Project", linkname=text(), name=text(), ordering=["linkname"])
State = model("State", name=text(100), position=models.IntegerField(), ordering=["position"])
Patch = model(
    "Patch", project=to(Project), msgid=text(), name=text(), date=models.DateTimeField(),
    submitter=to(Person), delegate=to(User, null=True), state=to(State, null=True),
    archived=models.BooleanField(default=False), commit_ref=text(null=True),
    hash=HashField(max_length=40, null=True), ordering=["date", "id"],
)
Check = model(
    "Check", patch=to(Patch), user=to(User), date=models.DateTimeField(),
    state=models.SmallIntegerField(), target_url=models.URLField(null=True),
    description=models.TextField(null=True), context=text(null=V1), ordering=["id"],
)
TABLES = [User, Person, Project, State, Patch, Check]
STATES = [str(name) for name in ("pending", "success", "warning", "fail")]
NOW = datetime.datetime(2026, 11, 23, 23, 30)  # 1.10: local time
MAINTAINED = {}


def moment(iso):
    form = "%Y-%m-%dT%H:%M:%S.%f" if "." in iso else "%Y-%m-%dT%H:%M:%S"
    return datetime.datetime.strptime(iso, form)


def load(rows):
    for table in reversed(TABLES):  # anew, so that ids start anew
        if table._meta.db_table in connection.introspection.table_names():
            with connection.schema_editor() as editor:
                editor.delete_model(table)
    for table in TABLES:
        with connection.schema_editor() as editor:
            editor.create_model(table)
    for state in rows["states"]:
        state["position"] = state["ordering"]
    for row in rows["patches"] + rows["checks"]:
        row["date"] = moment(row["date"])
    for check in rows["checks"]:
        check["state"] = STATES.index(check["state"])
    for user in rows["users"]:
        MAINTAINED[user["id"]] = user["maintainer_of"]
    for table, name in zip(TABLES, ["users", "people", "projects", "states", "patches", "checks"]):
        columns = [field.attname for field in table._meta.fields]
        for row in rows[name]:  # in bulk, Django 6.0 would cut char(40) to one character
            table(**{c: row[c] for c in columns}).save(force_insert=True)
        if DATABASE == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT setval(pg_get_serial_sequence('{0}', 'id'), "
                               "coalesce(max(id), 1), max(id) IS NOT NULL) FROM {0}"
                               .format(table._meta.db_table))


# Results (1.3). Python 2 sends plain text, in the order of its dicts.

def by_hand(value):
    return text_type(value) if PY2 else text_type(value).encode("utf-8")


def name_of(row):
    return by_hand(row.username if row else None)


def project(row):
    return {"id": row.id, "linkname": row.linkname, "name": row.name}


def person(row):
    return {"id": row.id, "email": row.email, "name": row.email if row.name is None else row.name,
            "user": name_of(row.user)}


def state(row):
    return {"id": row.id, "name": row.name}


def patch(row):
    named = re.sub(r"[^-_A-Za-z0-9.]+", "-", row.name).strip("-")
    if V1:
        return {
            "id": row.id, "date": by_hand(row.date), "filename": named + ".patch",
            "msgid": row.msgid, "name": row.name, "project": by_hand(row.project.name),
            "project_id": row.project_id, "state": by_hand(row.state and row.state.name),
            "state_id": row.state_id, "archived": row.archived,
            "submitter": by_hand(row.submitter), "submitter_id": row.submitter_id,
            "delegate": name_of(row.delegate), "delegate_id": row.delegate_id or 0,
            "commit_ref": row.commit_ref or "",
        }
    return {
        "id": row.id, "date": by_hand(row.date), "filename": named,
        "msgid": row.msgid, "name": row.name, "project": by_hand(row.project.name),
        "project_id": row.project_id, "state": by_hand(row.state and row.state.name),
        "state_id": row.state_id, "archived": row.archived,
        "submitter": by_hand(row.submitter), "submitter_id": row.submitter_id,
        "delegate": name_of(row.delegate), "delegate_id": row.delegate_id or 0,
        "commit_ref": row.commit_ref or "", "hash": row.hash or "",
    }


def check(row):
    return {"id": row.id, "date": by_hand(row.date), "patch": by_hand(row.patch.name),
            "patch_id": row.patch_id, "user": name_of(row.user), "user_id": row.user_id,
            "state": STATES[row.state], "target_url": row.target_url,
            "description": row.description, "context": row.context}


# Methods (1.4 to 1.10; what older releases do: 2)

def counted(rows, count, show, last=True):
    if count > 0:
        rows = rows[:count]
    elif count < 0 and last and not V10:
        rows = rows[(len(rows) if V1 else rows.count()) + count:]
    return [show(row) for row in rows]


def search(table, show, *columns):
    def run(search_str="" if V10 else None, max_count=0):
        wanted = models.Q()
        if len(search_str) > 0 if V10 else search_str:
            for column in columns:
                wanted |= models.Q(**{column + "__icontains": search_str})
        rows = table.objects.filter(wanted)
        if table is Person:
            rows = rows.order_by("id")
        if V10:
            found = [show(row) for row in rows]
            return found[:max_count] if max_count > 0 else found
        return counted(rows, max_count, show)
    return run


def one(table, number):
    return table.objects.filter(id=number)[0] if V1 and not V10 else table.objects.get(id=number)


def get(table, show, missing=()):
    def run(number):
        try:
            return show(one(table, number))
        except table.DoesNotExist:
            return dict(missing)
    return run


LOOKUPS = ["iexact", "contains", "icontains", "gt", "gte", "lt", "in", "startswith", "istartswith",
           "endswith", "iendswith", "range", "year", "month", "day", "isnull"]


def listing(table, show, known, related, faults, last=True):
    def run(filt={} if V10 else None):
        if filt is None and not V10:
            filt = {}
        wanted, count = {}, 0
        for key in filt:
            parts = key.split("__")
            if parts[0] not in known or len(parts) > 1 and parts[1] not in LOOKUPS:
                return []
            if parts[0] == "max_count":
                count = filt[key]
            elif parts[0] in related:
                name, other = related[parts[0]]
                if faults:
                    wanted[name] = other.objects.filter(id=filt[key])[0]
                else:
                    try:
                        wanted[name] = other.objects.get(id=filt[key])
                    except other.DoesNotExist:
                        return []
            else:
                wanted[key] = filt[key]
        return counted(table.objects.filter(**wanted), count, show, last)
    return run


def by_hash(**wanted):
    if V1:
        return patch(Patch.objects.filter(**wanted)[0])
    try:
        return patch(Patch.objects.get(**wanted))
    except Patch.DoesNotExist:
        return {}


def editable(user, number):
    row = Patch.objects.get(id=number)
    if not (row.submitter.user_id == user or row.delegate_id == user
            or row.project_id in MAINTAINED[user]):
        raise Exception("No permissions to edit this patch")
    return row


def patch_set(user, patch_id, params):
    row = editable(user, patch_id)
    for key, value in params.iteritems() if V10 else params.items():
        if key == "state":
            row.state = State.objects.get(id=value)
        elif key in ("archived", "commit_ref"):
            setattr(row, key, value)
    row.save()
    return True


def check_create(user, patch_id, context, state, target_url="", description=""):
    row = editable(user, patch_id)
    if state not in STATES:
        raise Exception(str("Invalid check state: %s") % state)
    Check.objects.create(patch=row, user_id=user, date=NOW, state=STATES.index(state),
                         target_url=target_url, description=description, context=context)
    return True


METHODS = {
    "project_list": search(Project, project, "linkname"), "project_get": get(Project, project),
    "person_list": search(Person, person, "name", "email"), "person_get": get(Person, person),
    "state_list": search(State, state, "name"), "state_get": get(State, state),
    "patch_get": get(Patch, patch), "check_get": get(Check, check),
    "patch_list": listing(
        Patch, patch,
        "id name project_id submitter_id delegate_id archived state_id date commit_ref hash msgid "
        "max_count".split(),
        {"project_id": ("project", Project), "submitter_id": ("submitter", Person),
         "delegate_id": ("delegate", Person), "state_id": ("state", State)}, V1 and not V10),
    "check_list": listing(
        Check, check, "id user project_id patch_id max_count".split(),
        {"project_id": ("patch__project", Project), "patch_id": ("patch", Patch)}, True, not V1),
    "patch_get_by_hash": lambda hash: by_hash(hash=hash),
    "patch_get_by_project_hash": lambda project, hash: by_hash(project__linkname=project, hash=hash),
    "patch_set": patch_set, "check_create": check_create,
}


def respond(body, user):
    try:
        params, method = xmlrpclib.loads(body)
        if method in ("patch_set", "check_create"):
            params = (user,) + params
        try:
            result = METHODS[method](*params)
        except Exception:
            if not V10 or method == "patch_set":
                raise
            result = [] if method.endswith("list") else {}
        answer = xmlrpclib.dumps((result,), methodresponse=1)
    except Exception:
        kind, error = sys.exc_info()[:2]
        told = str("%s:%s") % (kind, error)  # fails for non-ASCII text under Python 2: a 500
        answer = xmlrpclib.dumps(xmlrpclib.Fault(1, told))
    return answer if isinstance(answer, bytes) else answer.encode("utf-8")


for line in iter(STDIN.readline, b""):
    asked = json.loads(line.decode("utf-8"))
    if "load" in asked:
        load(asked["load"])
        answer = None
    else:
        try:
            body = respond(base64.b64decode(asked["call"]), asked["user"])
            answer = base64.b64encode(body).decode("ascii")
        except UnicodeError:
            answer = 500
    STDOUT.write((json.dumps(answer) + "\n").encode("ascii"))
    STDOUT.flush()
