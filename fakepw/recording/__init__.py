"""A live Patchwork into a fixture: through XML-RPC alone, reading only, politely, and resumably.

`answers` keeps what was answered in a file, so that a recording that ended early goes on where it
was: all that follows is a function of answers.  `source` asks, within the conformance suite's
budget and rate (`suite`: its `target` rooms, which know nothing of fakepw), and believes nothing
that is not shaped as servers.md says (`shapes`).  `reading` goes through the tables; `mails` takes
a patch's mail apart until it is put together again just as it was; `detecting` asks what tells
instances apart; `noting` says what XML-RPC does not tell.  `anonymising` makes other people of
everybody.

The only room of fakepw that uses anything of the suite. Needs nothing that is not installed.
"""
