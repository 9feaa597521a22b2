"""The methods that change something: patch_set and check_create (servers.md 1.10)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import msgspec

from .auth import may_edit
from .backend import Backend
from .mail.diffs import diff_hash
from .query.fields import to_bool
from .query.filters import row_id_of
from .rows.rows import CHECK_STATES, Check, Patch, User
from .words.faults import Fault
from .words.hash_order import keys_as_met
from .words.remarks import Words, as_text, remark
from .words.text import attribute_error, to_str
from .words.values import Binary, DateTime
from .words.zones import zone


def patch_set(pw: Backend, user: User, patch_id: Any, params: Any) -> bool:
    """Set state, commit_ref and archived of a patch; other keys are ignored. All or nothing."""
    patch = _editable(pw, user, patch_id)
    changes = _changes(pw, params)
    if changes.get("archived") is not None:
        changes["archived"] = to_bool(changes["archived"], pw.traits)
    if changes.get("commit_ref") is not None:
        text = _storable(pw, changes["commit_ref"])
        changes["commit_ref"] = _fitting(pw, "commit_ref", text, 255)
    if changes.get("archived", False) is None:
        raise _null_fault(pw, "patchwork_patch", "archived")
    changed = msgspec.structs.replace(patch, **changes)
    pw.store.replace_patch(msgspec.structs.replace(changed, **_filled_in(pw, changed)))
    return True


def _editable(pw: Backend, user: User, patch_id: Any) -> Patch:
    number = row_id_of(patch_id, pw.traits)
    patch = None if number is None else pw.store.patches.get(number)
    if patch is None:
        kind = pw.traits.model_fault("Patch", "DoesNotExist")
        raise Fault(kind, "Patch matching query does not exist.")
    if not may_edit(user, patch.id, pw.store):
        raise Fault("Exception", "No permissions to edit this patch")
    return patch


def _changes(pw: Backend, params: Any) -> dict[str, Any]:
    """The columns that `params` sets, with values as sent but for the state, which is looked up."""
    if not isinstance(params, dict):
        text = attribute_error(params, pw.traits.items_method, pw.traits.py2)
        raise Fault("AttributeError", text)
    changes: dict[str, Any] = {}
    ignored: list[str] = []
    for key in keys_as_met(params, pw.traits.py2):
        if key == "state":
            changes["state_id"] = _state(pw, params[key])
        elif key in ("commit_ref", "archived"):
            changes[key] = params[key]
        else:
            ignored.append(key)
    if ignored:
        remark(
            "writes",
            "{} are ignored, and true is answered: set are state, commit_ref, archived",
            ignored,
        )
    elif not changes:
        remark("writes", "nothing is set, and true is answered")
    return changes


def _state(pw: Backend, value: Any) -> int:
    number = row_id_of(value, pw.traits)
    if number is None or number not in pw.store.states:
        kind = pw.traits.model_fault("State", "DoesNotExist")
        raise Fault(kind, "State matching query does not exist.")
    return number


def _null_fault(pw: Backend, table: str, column: str) -> Fault:
    text = pw.traits.null_text.format(table=table, column=column)
    return Fault("django.db.utils.IntegrityError", text)


def _fitting(pw: Backend, column: str, text: str, most: int) -> str:
    """A text as a column of at most `most` characters stores it."""
    if pw.traits.too_long_text is None or len(text) <= most:
        return text
    if not text[most:].strip(" "):
        remark(
            "values", "the blanks behind the {} characters of {} are cut off", most, Words([column])
        )
        return text[:most]  # SQL cuts off blanks that do not fit
    message = pw.traits.too_long_text.format(column=column, length=most)
    raise Fault("django.db.utils.DataError", message)


def _storable(pw: Backend, value: Any) -> str:
    text = as_text(value, to_str(value, pw.traits.py2, pw.traits.unicode))
    if "\0" in text and pw.traits.nul_in_text is not None:
        raise Fault(*pw.traits.nul_in_text)
    return text


def _filled_in(pw: Backend, patch: Patch) -> dict[str, Any]:
    """What saving a patch computes for it: a missing hash and a missing state."""
    filled: dict[str, Any] = {}
    if patch.hash is None and patch.diff is not None:
        filled["hash"] = diff_hash(patch.diff)
    if patch.state_id is None:
        first = [state.id for state in pw.store.states.values() if state.ordering == 0]
        if not first:
            kind = pw.traits.model_fault("State", "DoesNotExist")
            raise Fault(kind, "State matching query does not exist.")
        filled["state_id"] = first[0]
    return filled


def check_create(
    pw: Backend,
    user: User,
    patch_id: Any,
    context: Any,
    state: Any,
    target_url: Any = "",
    description: Any = "",
) -> bool:
    """Add a check to a patch, dated by the server's local time."""
    patch = _editable(pw, user, patch_id)
    shown = to_str(state, pw.traits.py2, pw.traits.unicode)
    # what compares equal to a text in that Python: a DateTime always, a Binary in Python 2
    comparable = str | DateTime | Binary if pw.traits.py2 else str | DateTime
    if shown not in CHECK_STATES or not isinstance(state, comparable):
        raise Fault("Exception", f"Invalid check state: {shown}")
    sent = {"target_url": target_url, "description": description, "context": context}
    texts = {name: _storable(pw, value) for name, value in sent.items() if value is not None}
    for column in ("target_url", "description"):
        if sent[column] is None:
            remark(
                "writes",
                "nil is stored as {}: lists that hold the check are faults",
                Words([column]),
            )
    for column, most in (("target_url", 200), ("context", 255)):
        if column in texts:
            texts[column] = _fitting(pw, column, texts[column], most)
    if context is None and not pw.traits.null_context:
        if pw.traits.failed_insert_takes_id:
            pw.store.skip_check_id()
        raise _null_fault(pw, "patchwork_check", "context")
    check_id = pw.store.next_check_id()
    if pw.traits.ids_run_out is not None and check_id >= 2**31:
        kind, text = pw.traits.ids_run_out
        raise Fault(kind, text.format(table="patchwork_check"))
    local = pw.clock().replace(tzinfo=UTC).astimezone(zone(pw.traits.time_zone))
    check = Check(
        id=check_id,
        patch_id=patch.id,
        user_id=user.id,
        date=local.replace(tzinfo=None),
        state=shown,
        **{name: texts.get(name) for name in sent},
    )
    pw.store.add_check(check)
    return True
