"""Texts without anybody in them: addresses, hosts, names and message ids, also where encoded.

A text is rewritten as it stands, and then where it holds another one in disguise (an RFC 2047
word, quoted-printable, base64, per cent or character references) that one is rewritten and put
back in the same disguise. What is no disguise of anything that has to go stays as it was, to the
byte.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
import string
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import quote, unquote

from .made_up import MadeUp

# What is looked through was sent by anybody: no pattern begins anew within what it has passed, so
# that none takes longer than the text is long.

#: An address in a text, or a message id: what stands around an @, as long as no blank, bracket or
#: quote ends it. What is before it may be anything; what is behind it is a name of a host.
_LOCAL = r"[^\s<>()\[\]{},;:\"@|`\x00-\x1f]"
ADDRESS = re.compile(rf"(?<!{_LOCAL})({_LOCAL}++)@(\w(?:[\w.-]*\w)?)")
_DOTTED = re.compile(r".+\.[^\W\d]\w+\Z", re.DOTALL)
#: `Ann Larsen <ann@example.org>`, in headers and tags; and a mail's ids.
_MAILBOX = re.compile(
    r"(?:^|[:,])[ \t]{0,8}\"?([^\"<>:,@\n]{1,80}?)\"?[ \t]{0,8}<([^<>\s@]++@[^<>\s@]++)>", re.M
)
_IDS = re.compile(r"^(?:message-id|in-reply-to|references)[ \t]*+:(.*(?:\n[ \t].*)*+)", re.M | re.I)
#: Headers that name hosts: those of lists, and those by which mail servers trace a mail.
_TRACES = re.compile(
    r"^(?:list-[\w-]++|received|x-received|return-path|authentication-results|arc-[\w-]++"
    r"|dkim-signature|received-spf|x-[\w-]*+(?:ip|host|server))[ \t]*+:(.*(?:\n[ \t].*)*+)",
    re.M | re.I,
)
_ID = re.compile(r"<([^<>]++)>")
_URL = re.compile(r"(?<![\w.])((?:https?|git|ssh|ftp)://)(?:[^\s/@]*+@)?([\w.-]*\w)", re.I)
_AT = re.compile(
    r"(?<![\w.+-])([\w.+-]++)([ \t]++at[ \t]++|[ \t]*+[(\[{]at[)\]}][ \t]*+)"
    r"([\w-]++(?:\.[\w-]++)++)",
    re.I,
)
_HOST = re.compile(r"(?<![\w.@-])[\w-]++(?:\.[\w-]++)++")
_WORD = re.compile(r"[\w'-]++")
_TOP = re.compile(r"\.[^\W\d_]{2,}\Z")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6 = re.compile(r"(?:(?<=IPv6:)|(?<=\[))[0-9a-f]{0,4}+:[0-9a-f:.]++", re.I)
#: Disguises.
_ENCODED = re.compile(r"=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=(?:\s++=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=)*+")
_TOKEN = r"(?<![^\s<>\"])[^\s<>\"]*{}[^\s<>\"]*+"
_PERCENT = re.compile(_TOKEN.format("%[0-9a-f]{2}"), re.I)
_REFERENCE = re.compile(_TOKEN.format(r"&(?:#\d++|#x[0-9a-f]++|\w++);"), re.I)
_QUOTED = re.compile(_TOKEN.format("=[0-9A-F]{2}"))
_SOFT = re.compile(r"=[ \t]*+\r?\n")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}+(?:[ \t]*+\r?\n[ \t]*+[A-Za-z0-9+/]++)*+={0,2}")
#: Disguises in disguises that are looked through.
_DEPTH = 4
#: What may be looked through for one text: characters beside it, and so many times its own.
_WORK, _TIMES = 1_000_000, 30
#: The shortest name that is looked for wherever it stands, in words.
_WORDS = 2


def hosts_in(headers: str) -> Iterator[str]:
    """Hosts that a mail's headers name, and lists, which look like hosts."""
    for found in _TRACES.finditer(headers):
        for host in _HOST.findall(found[1]):
            if _TOP.search(host):
                yield host


def addresses_in(text: str) -> Iterator[str]:
    """Addresses that a text shows, by their looks: those of hosts with a dot."""
    for found in ADDRESS.finditer(text):
        if _DOTTED.match(found[2]):
            yield found[0]


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """People whom a text names beside their address, also in encoded words."""
    if "<" not in text:
        return
    shown = _ENCODED.sub(lambda found: _decoded_words(found[0]) or found[0], text)
    for found in _MAILBOX.finditer(_TRACES.sub("", shown)):  # `for <ann@…>` there names nobody
        if found[1].strip():
            yield found[1].strip(), found[2]


def ids_in(headers: str) -> Iterator[str]:
    """Message ids that a mail's headers name."""
    for found in _IDS.finditer(headers):
        yield from (f"<{each}>" for each in _ID.findall(found[1]))


class Overdone(Exception):
    """A text holds so much in disguise that nobody looks through all of it."""


class Rewriter:
    """Rewrites texts. What is made up must be known before: names are looked for as they are."""

    def __init__(self, made_up: MadeUp) -> None:
        self.made_up = made_up
        #: Names by their first word: the pattern of the whole, and what becomes of it.
        self._names: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for name in sorted(made_up.names, key=len, reverse=True):
            if len(words := name.split()) >= _WORDS:
                pattern = re.compile(r"\s+".join(map(re.escape, words)) + r"(?!\w)", re.I)
                first = _WORD.search(words[0])
                if first is not None and first.start() == 0:
                    entry = (pattern, made_up.names[name])
                    self._names.setdefault(first[0].lower(), []).append(entry)
        odd = [a for a in made_up.addresses if "@" in a and not ADDRESS.fullmatch(a)]
        longest_first = sorted(odd, key=lambda each: (-len(each), each))
        pattern = re.compile("|".join(map(re.escape, longest_first)), re.I)
        self._odd = pattern if odd else None  # those that are not to be told by their looks
        self._work = 0

    def text(self, text: str) -> str:
        """The same text without anybody in it. Raises Overdone."""
        self._work = _WORK + _TIMES * len(text)
        return self._text(text, _DEPTH)

    def _text(self, text: str, depth: int) -> str:
        self._work -= len(text)
        if self._work < 0:
            raise Overdone
        done = self._plain(text)
        if depth:
            for disguise, rewrite in _DISGUISES:
                done = rewrite(done, disguise, lambda inner: self._text(inner, depth - 1))
        return done

    def _plain(self, text: str) -> str:
        done = _MAILBOX.sub(self._mailbox, text) if "<" in text else text
        if self._odd is not None:
            done = self._odd.sub(lambda found: self.made_up.addresses[found[0].lower()], done)
        if "@" in done:
            done = ADDRESS.sub(self._address, done)
        if " at" in done.lower() or "at)" in done.lower() or "at]" in done.lower():
            done = _AT.sub(self._spelt, done)
        done = self._without_names(done)
        if "://" in done:
            done = _URL.sub(lambda found: found[1] + self.made_up.host(found[2]), done)
        done = _HOST.sub(self._host, done)
        return _IPV6.sub("2001:db8::1", _IP.sub("192.0.2.1", done))

    def _host(self, found: re.Match[str]) -> str:
        """A host that is known, or that is below one."""
        host = found[0].lower()
        above = host
        while "." in above:
            if above in self.made_up.hosts:
                return self.made_up.host(host)
            above = above.partition(".")[2]
        return found[0]

    def _without_names(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for word in _WORD.finditer(text):
            if word.start() < end:
                continue
            for pattern, made in self._names.get(word[0].lower(), ()):
                if found := pattern.match(text, word.start()):
                    pieces += [text[end : word.start()], made]
                    end = found.end()
                    break
        return "".join([*pieces, text[end:]]) if pieces else text

    def _mailbox(self, found: re.Match[str]) -> str:
        """Somebody's name beside their address, which may be any word."""
        made = self.made_up.names.get(found[1].strip())
        if made is None:
            return found[0]
        start, end = (place - found.start() for place in found.span(1))
        return found[0][:start] + made + found[0][end:]

    def _address(self, found: re.Match[str]) -> str:
        whole = found[0]
        if whole in self.made_up.ids:
            return self.made_up.ids[whole]
        known = whole.lower() in self.made_up.addresses or _DOTTED.match(found[2])
        return (
            self.made_up.address(whole)
            if known and whole.lower() not in self.made_up.results
            else whole
        )

    def _spelt(self, found: re.Match[str]) -> str:
        """`ann at example.org`, if that is somebody."""
        address = f"{found[1]}@{found[3]}".lower()
        if address not in self.made_up.addresses:
            return found[0]
        local, _, host = self.made_up.addresses[address].partition("@")
        return f"{local}{found[2]}{host}"


# -- disguises: each rewrites what of a text is in it -------------------------------------------

_Inner = Callable[[str], str]


def _decoded_words(run: str) -> str | None:
    try:
        return str(make_header(decode_header(run)))
    except (HeaderParseError, LookupError, ValueError, AssertionError):
        return None


def _encoded(text: str, pattern: re.Pattern[str], inner: _Inner) -> str:
    def rewritten(found: re.Match[str]) -> str:
        shown = _decoded_words(found[0])
        if shown is None or (new := inner(shown)) == shown:
            return found[0]
        octets = base64.b64encode(new.encode("utf-8", "replace")).decode()
        return f"=?utf-8?b?{octets}?="

    return pattern.sub(rewritten, text) if "=?" in text else text


def _tokens(
    decode: Callable[[str], str], encode: Callable[[str], str]
) -> Callable[[str, re.Pattern[str], _Inner], str]:
    def rewrite(text: str, pattern: re.Pattern[str], inner: _Inner) -> str:
        def rewritten(found: re.Match[str]) -> str:
            shown = decode(found[0])
            new = shown if shown == found[0] else inner(shown)
            return found[0] if new == shown else encode(new)

        return pattern.sub(rewritten, text)

    return rewrite


def _dereferenced(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # more digits than Python reads
        return text


def _unquoted(text: str) -> str:
    return quopri.decodestring(text.encode()).decode("utf-8", "replace")


def _quoted(text: str) -> str:
    return quopri.encodestring(text.encode()).decode().replace("=\n", "").replace("@", "=40")


def _joined(text: str, pattern: re.Pattern[str], inner: _Inner) -> str:
    """Lines that quoted-printable broke: put together, if that shows what has to go."""
    if not pattern.search(text):
        return text
    joined = pattern.sub("", text)
    new = inner(joined)
    return text if new == joined else new


def _base64(text: str, pattern: re.Pattern[str], inner: _Inner) -> str:
    def rewritten(found: re.Match[str]) -> str:
        run = found[0]
        digits = re.sub(r"\s+", "", run)
        for skipped in range(min(4, len(digits))):
            octets = _octets(digits[skipped:])
            shown = None if octets is None else _readable(octets)
            if shown is not None and (new := inner(shown)) != shown:
                return digits[:skipped] + _wrapped(new, "\n" in run)
        return run

    return pattern.sub(rewritten, text)


def _octets(digits: str) -> bytes | None:
    stripped = digits.rstrip("=")
    whole = stripped[: len(stripped) // 4 * 4 + (len(stripped) % 4 if len(stripped) % 4 > 1 else 0)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:
        return None


def _readable(octets: bytes) -> str | None:
    for encoding in ("utf-8", "latin-1"):
        try:
            text = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(sign in text for sign in "@=%&") or all(c in string.printable for c in text):
            return text
    return None


def _wrapped(text: str, lines: bool) -> str:
    octets = text.encode("utf-8", "replace")
    if lines:
        return base64.encodebytes(octets).decode().rstrip("\n")
    return base64.b64encode(octets).decode()


_DISGUISES: tuple[tuple[re.Pattern[str], Callable[[str, re.Pattern[str], _Inner], str]], ...] = (
    (_ENCODED, _encoded),
    (_SOFT, _joined),
    (_QUOTED, _tokens(_unquoted, _quoted)),
    (_PERCENT, _tokens(unquote, lambda new: quote(new, safe="/:?&=#~+!$'()*,;"))),
    (_REFERENCE, _tokens(_dereferenced, lambda new: new.replace("@", "&#64;"))),
    (_BASE64, _base64),
)
