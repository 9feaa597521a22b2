"""What was made of rows to show them, kept until they change."""

from __future__ import annotations

from collections import OrderedDict

from ..words.values import Record, Text

#: Characters of all mails that are kept; each is held twice, as a text and as it was sent.
MOST_MAIL = 16 * 1024 * 1024


class Shown:
    """The results of one store's rows, as one instance shows them.

    people, patches, checks
        Structs by the row's id.
    combined
        The combined state of a patch's checks, by the patch's id.
    mails
        Mails by the patch's id.
    """

    def __init__(self) -> None:
        self.people: dict[int, Record] = {}
        self.patches: dict[int, Record] = {}
        self.checks: dict[int, Record] = {}
        self.combined: dict[int, Record] = {}
        self.mails = Mails()

    def forget_patch(self, patch_id: int) -> None:
        """A patch has changed."""
        self.patches.pop(patch_id, None)
        self.mails.forget(patch_id)


class Mails:
    """Mails, which may be long: if there is no room for one more, the oldest make room."""

    def __init__(self, most: int = MOST_MAIL) -> None:
        self.most = most
        self.held = 0
        self._kept: OrderedDict[int, Text] = OrderedDict()

    def get(self, patch_id: int) -> Text | None:
        """The mail of a patch, if it is kept."""
        return self._kept.get(patch_id)

    def keep(self, patch_id: int, mail: Text) -> None:
        """Keep the mail of a patch of which none is kept."""
        self._kept[patch_id] = mail
        self.held += len(mail)
        while self.held > self.most:
            self.held -= len(self._kept.popitem(last=False)[1])

    def forget(self, patch_id: int) -> None:
        """A patch has changed."""
        mail = self._kept.pop(patch_id, None)
        self.held -= 0 if mail is None else len(mail)
