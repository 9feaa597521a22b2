"""GET /xmlrpc/: every method and its signature, in pydoc's HTML (servers.md 1.11).

The markup is that of the pydoc of each Python, which tools read; the words are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

#: What each method does, for people who look it up.
WORDS = {
    "check_create": "Add the result of a CI run to a patch; it needs credentials, and a user who\n"
    "may edit the patch. The state is pending, success, warning or fail.",
    "check_get": "The check of that id; an empty struct if there is none.",
    "check_list": "All checks that pass the filter, a struct by user, project_id, patch_id or id,\n"
    "each with a lookup behind two underscores if need be. max_count limits them.",
    "patch_check_get": "The combined state of a patch: the newest check of each user and context,\n"
    "and the worst state among them.",
    "patch_get": "The patch of that id; an empty struct if there is none.",
    "patch_get_by_hash": "The patch whose diff has that hash; an empty struct if there is none.",
    "patch_get_by_project_hash": "The same, among the patches of the project of that linkname.",
    "patch_get_diff": "The diff of a patch as text, empty if there is no such patch.",
    "patch_get_mbox": "The patch as a mail, ready for git am, with the tags that replies gave it;\n"
    "empty if there is no such patch.",
    "patch_list": "All patches that pass the filter, oldest first. The filter is a struct by id,\n"
    "name, project_id, submitter_id, delegate_id, archived, state_id, date, commit_ref, hash\n"
    "or msgid, each with a lookup behind two underscores if need be, as in name__icontains.\n"
    "max_count gives the first so many, or the last if it is negative.",
    "patch_set": "Change a patch's state (by id), commit_ref or archived; it needs credentials,\n"
    "and a user who may edit the patch. Other members are ignored.",
    "person_get": "The person of that id; an empty struct if there is none.",
    "person_list": "All people whose name or e-mail address has the text in it, or all.\n"
    "max_count limits them.",
    "project_get": "The project of that id; an empty struct if there is none.",
    "project_list": "All projects whose linkname has the text in it, or all. max_count limits\n"
    "them.",
    "pw_rpc_version": "The version of this API.",
    "state_get": "The state of that id; an empty struct if there is none.",
    "state_list": "All states whose name has the text in it, or all. max_count limits them.",
}

INTRODUCTION = "The methods that this server takes calls of, by XML-RPC."


@dataclass(frozen=True, slots=True)
class _Markup:
    """What one generation of pydoc puts around the entries, between them, and into them."""

    before: str
    after: str
    between: str = "\n"
    default: Callable[[str], str] = str


def _grey(signature: str) -> str:
    """The signature with its defaults in grey, as pydoc wrote them up to 3.6."""
    return re.sub(r"=('[^']*'|[^,)]+)", r'<font color="#909090">=\1</font>', signature)


_OLD_TOP = (
    "<html><head><title>Python: XML-RPC Server Documentation</title>\n"
    "{meta}\n"
    '</head><body bgcolor="#f0f0f8">\n\n'
    '<table width="100%" cellspacing=0 cellpadding=2 border=0 summary="heading">\n'
    '<tr bgcolor="#7799ee">\n<td valign=bottom>&nbsp;<br>\n'
    '<font color="#ffffff" face="helvetica, arial">&nbsp;<br><big><big><strong>'
    "XML-RPC Server Documentation</strong></big></big></font></td\n"
    "><td align=right valign=bottom\n"
    '><font color="#ffffff" face="helvetica, arial">&nbsp;</font></td></tr></table>\n'
    "    <p><tt>{introduction}</tt></p>\n<p>\n"
    '<table width="100%" cellspacing=0 cellpadding=2 border=0 summary="section">\n'
    '<tr bgcolor="#eeaa77">\n<td colspan=3 valign=bottom>&nbsp;<br>\n'
    '<font color="#ffffff" face="helvetica, arial"><big><strong>Methods</strong></big></font>'
    "</td></tr>\n    \n"
    '<tr><td bgcolor="#eeaa77"><tt>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;</tt></td>'
    '<td>&nbsp;</td>\n<td width="100%">'
)
_DOCTYPE_4 = '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">\n'
_META_4 = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
_END = "\n</td></tr></table>"
_TOP_3 = _DOCTYPE_4 + _OLD_TOP.replace("{meta}", _META_4)
_NEW_TOP = (
    '<!DOCTYPE>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    "<title>Python: XML-RPC Server Documentation</title>\n"
    '<link rel="stylesheet" type="text/css" href="/pydoc.css"></head><body>\n'
    '<table class="heading">\n<tr class="heading-text decor">\n'
    '<td class="title">&nbsp;<br><big><big><strong>XML-RPC Server Documentation</strong></big>'
    '</big></td>\n<td class="extra">&nbsp;</td></tr></table>\n'
    "    <p><tt>{introduction}</tt></p>\n<p>\n"
    '<table class="section">\n<tr class="decor functions-decor heading-text">\n'
    '<td class="section-title" colspan=3>&nbsp;<br><strong class="bigsection">Methods</strong>'
    "</td></tr>\n    \n"
    '<tr><td class="decor functions-decor"><span class="code">'
    "&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;</span></td><td>&nbsp;</td>\n"
    '<td class="singlecolumn">'
)

#: By the Python that introduced it (compared with its own output in the tests).
_MARKUPS = {
    "2.7": _Markup(
        before="\n" + _DOCTYPE_4 + _OLD_TOP.replace("{meta}", '<meta charset="utf-8">'),
        after=f"{_END}\n</body></html>",
        between="\n ",
        default=_grey,
    ),
    "3.6": _Markup(before=_TOP_3, after=f"{_END}\n</body></html>", default=_grey),
    "3.8": _Markup(before=_TOP_3, after=f"{_END}\n</body></html>"),
    "3.12": _Markup(before=_NEW_TOP, after=f"{_END}</body></html>"),
}


def page(signatures: Mapping[str, str], markup: str, words: Mapping[str, str] = WORDS) -> bytes:
    """The page that documents the methods; `markup` is the trait of that name.

    `signatures` maps names to `(patch_id)` and the like, in the order to show them in.
    """
    style = _MARKUPS[markup]
    entries = (
        f'<dl><dt><a name="-{name}"><strong>{name}</strong></a>{style.default(signature)}</dt>'
        f"{_description(words.get(name, ''))}</dl>"
        for name, signature in signatures.items()
    )
    top = style.before.replace("{introduction}", _plain(INTRODUCTION))
    return (top + style.between.join(entries) + style.after).encode()


def _description(text: str) -> str:
    return f"<dd><tt>{_plain(text)}</tt></dd>" if text else ""


def _plain(text: str) -> str:
    """Text as pydoc sets it: every blank and line end stays."""
    return escape(text, quote=False).replace(" ", "&nbsp;").replace("\n", "<br>\n")
