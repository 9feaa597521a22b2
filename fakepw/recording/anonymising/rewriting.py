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
from collections.abc import Callable, Iterable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from .common import AMBIGUOUS, COMMON, GENERIC
from .made_up import MADE_ID, MadeUp
from .words import WORD, said_in, words_of

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
_IDS = re.compile(r"^(?:message-id|in-reply-to|references)[ \t]*+:(.*(?:\n[ \t].*)*)", re.M | re.I)
#: Headers that name hosts: those of lists, and those by which mail servers trace a mail.
_TRACES = re.compile(
    r"^(?:list-[\w-]++|received|x-received|return-path|authentication-results|arc-[\w-]++"
    r"|dkim-signature|received-spf|x-[\w-]*(?:ip|host|server))[ \t]*+:(.*(?:\n[ \t].*)*)",
    re.M | re.I,
)
_ID = re.compile(r"<([^<>]++)>")
_URL = re.compile(r"(?<![\w.])((?:https?|git|ssh|ftp)://)(?:[^\s/@]*+@)?([\w.-]*\w)", re.I)
#: `ann at example.org`, `ann (a) example [dot] org`: what stands for @, and for a dot.
_AT_SIGN = r"[ \t]*+[(\[{<][ \t]*+(?:at|a|@)[ \t]*+[)\]}>][ \t]*+|[ \t]++(?:at|@)[ \t]++"
_DOT_SIGN = r"[ \t]*+[(\[{<][ \t]*+(?:dot|d|\.)[ \t]*+[)\]}>][ \t]*+|[ \t]++dot[ \t]++"
_AT = re.compile(
    rf"(?<![\w.+-])([\w.+-]++(?:(?:{_DOT_SIGN})[\w+-]++){{0,3}})({_AT_SIGN})"
    rf"([\w-]++(?:(?:\.|{_DOT_SIGN})[\w-]++){{0,8}})",
    re.I,
)
_DOTS = re.compile(_DOT_SIGN, re.I)
_MAYBE_AT = re.compile(r"[ \t(\[{<](?:at|a|@)[ \t)\]}>]", re.I)
_HOST = re.compile(r"(?<![\w.@-])[\w-]++(?:\.[\w-]++)+")
_TOP = re.compile(r"\.[^\W\d_]{2,}\Z")
#: Ends of names that are hosts, in whatever text: code has none of these.
_SURELY = re.compile(r"\.(?:com|org|edu|gov|mil)\Z", re.I)
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6 = re.compile(r"(?:(?<=IPv6:)|(?<=\[))[0-9a-f]{0,4}+:[0-9a-f:.]++", re.I)
#: Disguises.
_ENCODED = re.compile(r"=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=(?:\s++=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=)*")
_TOKEN = r"(?<![^\s<>\"])[^\s<>\"]*{}[^\s<>\"]*+"
_PERCENT = re.compile(_TOKEN.format("%[0-9a-f]{2}"), re.I)
_FORM = re.compile(r"(?<==)[\w%.~*-]*+\+[\w%.~*+-]*+")
_REFERENCE = re.compile(_TOKEN.format(r"&(?:#\d++|#x[0-9a-f]++|\w++);"), re.I)
_QUOTED = re.compile(_TOKEN.format("=[0-9A-F]{2}"))
_SOFT = re.compile(r"=[ \t]*+\r?\n")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}+(?:[ \t]*+\r?\n[ \t]*+[A-Za-z0-9+/]++)*={0,2}")
_LEGIBLE = re.compile(rb"[\t\n\r\x20-\x7e]{6,}")
#: Disguises in disguises that are looked through.
_DEPTH = 4
#: What may be looked through for one text: characters beside it, and so many times its own.
_WORK, _TIMES = 1_000_000, 30
#: Whom a text speaks of by name, and that it does.
_NAME = rf"{WORD.pattern}"
_NAMES = rf"((?:{_NAME}\.?[ \t]{{1,3}}){{0,3}}{_NAME})"
_GREETED = re.compile(
    rf"\b(?:hi|hello|hey|dear|thanks|thank you|thx|cheers|regards|ping|cc)\b"
    rf"[ \t]?[,:!]?[ \t]{{1,3}}({_NAME})(?=[ \t]*(?:[,.:;!)]|$|\band\b))",
    re.I | re.M,
)
_MENTIONED = re.compile(rf"(?<![\w.])@({_NAME})")
_WROTE = re.compile(
    rf"{_NAMES}(?=[ \t]+(?:<[^<>\n]*>[ \t]+|\([^()\n]*\)[ \t]+)?(?:wrote|writes|said|says)\b)"
)
_SIGNED = re.compile(
    r"(?:^-- ?\n|^[>\t ]{0,8}[-–—~/]{1,2}[ \t]?"
    r"|^(?:(?:best|kind|many|warm)[ \t]+)?(?:regards|thanks|cheers|greetings|br|best)[,.!]?"
    rf"[ \t]*\n\n?){_NAMES}[ \t]*[.,]?[ \t]*$",
    re.I | re.M,
)
_TAGGED = re.compile(rf"^[\t >]{{0,8}}[A-Z][A-Za-z-]+-by:[ \t]{{0,8}}{_NAMES}", re.M)
_TOLD = re.compile(rf"(?:\bat|[)\]}}])[ \t]+[\w.-]{{1,80}}[ \t]+\({_NAMES}\)")
_WORDS = COMMON | AMBIGUOUS | GENERIC
_SPOKEN = (_GREETED, _MENTIONED, _WROTE, _SIGNED, _TAGGED, _TOLD)
#: Ids of commits: whole ones, and the first digits of one where they are said to be that.
_COMMIT = re.compile(
    r"(?<![\w.])[0-9a-f]{40}(?:[0-9a-f]{24})?(?![\w.])|(?<![\w.])[0-9A-F]{40}(?![\w.])"
)
_COMMITS = re.compile(
    r"(\b(?:commits?|fixes:?|reverts?|cherry[ -]picked from|upstream|[?&;]id=|/commit/)[ \t]?"
    r"(?:commit[ \t])?[ \t]?)([0-9a-f]{7,64})(?!\w)",
    re.I,
)


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


def spoken_to_in(text: str) -> Iterator[str]:
    """Words that name somebody by where they stand: `Hi Ann,`, `Ann wrote:`, at the end."""
    for pattern in _SPOKEN:
        for found in pattern.finditer(text):
            for word in words_of(found[1]):
                if word.istitle() and word.lower() not in _WORDS:
                    yield word


def ids_in(headers: str) -> Iterator[str]:
    """Message ids that a mail's headers name."""
    for found in _IDS.finditer(headers):
        yield from (f"<{each}>" for each in _ID.findall(found[1]))


class Overdone(Exception):
    """A text holds so much in disguise that nobody looks through all of it."""


class Rewriter:
    """Rewrites texts. What is made up must be known before: names are looked for as they are."""

    def __init__(self, made_up: MadeUp, names: Iterable[str], odd: Iterable[str]) -> None:
        """`names`: whole ones. `odd`: addresses that are not to be told by their looks."""
        self.made_up = made_up
        #: Names by their first word: the pattern of the whole, and what becomes of it.
        self._names: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for name in sorted(names, key=len, reverse=True):
            if (
                len(parts := name.split()) > 1
                and (first := WORD.search(name))
                and not first.start()
            ):
                between = r"(?:\s|^>)+"
                pattern = re.compile(between.join(map(re.escape, parts)) + r"(?!\w)", re.I | re.M)
                self._names.setdefault(first[0].lower(), []).append((pattern, made_up.name(name)))
        longest_first = sorted(odd, key=lambda each: (-len(each), each))
        pattern = re.compile("|".join(map(re.escape, longest_first)), re.I)
        self._odd = pattern if longest_first else None
        self._work = 0

    def text(self, text: str, *, code: bool = False) -> str:
        """The same text without anybody in it; in code nobody is spoken to. Raises Overdone."""
        self._work = _WORK + _TIMES * len(text)
        self._code = code
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
        if _MAYBE_AT.search(done):
            done = _AT.sub(self._spelt, done)
        if "://" in done:
            done = _URL.sub(lambda found: found[1] + self.made_up.host(found[2]), done)
        done = _HOST.sub(self._host, done)
        done = _IPV6.sub("2001:db8::1", _IP.sub("192.0.2.1", done))
        return self._without_names(self._without_commits(done))

    def _host(self, found: re.Match[str]) -> str:
        """A host that is known, or that is below one, or that surely is one."""
        host = found[0].lower()
        if host in self.made_up.made_hosts:
            return found[0]
        above = host
        while "." in above:
            if above in self.made_up.hosts:
                return self.made_up.host(host)
            above = above.partition(".")[2]
        return self.made_up.host(host) if _SURELY.search(host) else found[0]

    def _without_commits(self, text: str) -> str:
        made = self.made_up.commit
        if not self._code:
            text = _COMMIT.sub(lambda found: made(found[0]), text)
        return _COMMITS.sub(lambda found: found[1] + self._commit(found[2]), text)

    def _commit(self, digits: str) -> str:
        """The first digits of an id; a whole one was replaced before, but for code."""
        return self.made_up.commit(digits) if len(digits) < 40 or self._code else digits

    def _without_names(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        some = not self._names.keys().isdisjoint(said_in(text))
        for word in WORD.finditer(text) if some else ():
            if word.start() < end:
                continue
            for pattern, made in self._names.get(word[0].lower(), ()):
                if found := pattern.match(text, word.start()):
                    blanks = re.search(r"\n[>\s]*", found[0])
                    made = made.replace(" ", blanks[0], 1) if blanks else made
                    pieces += [text[end : word.start()], made]
                    end = found.end()
                    break
        text = "".join([*pieces, text[end:]]) if pieces else text
        if not self._code:
            for pattern in _SPOKEN:
                text = pattern.sub(self._spoken_to, text)
        return self.made_up.words.replaced(text)

    def _spoken_to(self, found: re.Match[str]) -> str:
        """Somebody who is named by where the word stands, which may be any."""
        start, end = (place - found.start() for place in found.span(1))
        return found[0][:start] + self.made_up.words.named(found[1]) + found[0][end:]

    def _mailbox(self, found: re.Match[str]) -> str:
        """Somebody's name beside their address, which may be any word."""
        start, end = (place - found.start() for place in found.span(1))
        known = found[1].strip() in self.made_up.names
        words = words_of(found[1])
        if not known and not (words and all(map(str.istitle, words))):
            return found[0]  # `for <ann@…>`, where a mail server says whom to
        return found[0][:start] + self.made_up.name(found[1]) + found[0][end:]

    def _address(self, found: re.Match[str]) -> str:
        """An address, or a message id, which may stand at the end of a path."""
        whole, made_up = found[0], self.made_up
        if (made := made_up.id_in_text(whole)) is not None:
            return made
        path, _, last = whole.rpartition("/")
        if path and (made := made_up.id_in_text(last)) is not None:
            return f"{path}/{made}"
        if whole.lower() in made_up.results or MADE_ID.fullmatch(whole):
            return whole
        known = whole.lower() in made_up.addresses or _DOTTED.match(found[2])
        return made_up.address(whole) if known else whole

    def _spelt(self, found: re.Match[str]) -> str:
        """`ann at example dot org`, if that is somebody, or can be nothing else."""
        made_up = self.made_up
        local, host = (_DOTS.sub(".", part) for part in (found[1], found[3]))
        address = f"{local}@{host}".lower()
        dots = _DOTS.search(found[3])
        sure = dots is not None or (
            not found[2].isspace() and "." in host and found[2].strip() != "at"
        )
        if address not in made_up.addresses and not (sure and _TOP.search(f".{host}")):
            return found[0]
        local, _, host = made_up.address(address).partition("@")
        return f"{local}{found[2]}{host.replace('.', dots[0]) if dots else host}"


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
            if octets is not None and (new := _within(octets, inner)) != octets:
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


def _within(octets: bytes, inner: _Inner) -> bytes:
    """The same with the text rewritten that these are, or that is among them."""
    try:
        text = octets.decode()
        if all(c.isprintable() or c in "\t\r\n" for c in text):
            new = inner(text)
            return octets if new == text else new.encode("utf-8", "replace")
    except UnicodeDecodeError:
        pass
    if not any(sign in octets for sign in b"@=%&"):
        return octets
    return _LEGIBLE.sub(lambda found: inner(found[0].decode()).encode("utf-8", "replace"), octets)


def _wrapped(octets: bytes, lines: bool) -> str:
    if lines:
        return base64.encodebytes(octets).decode().rstrip("\n")
    return base64.b64encode(octets).decode()


_DISGUISES: tuple[tuple[re.Pattern[str], Callable[[str, re.Pattern[str], _Inner], str]], ...] = (
    (_ENCODED, _encoded),
    (_SOFT, _joined),
    (_QUOTED, _tokens(_unquoted, _quoted)),
    (_FORM, _tokens(unquote_plus, quote_plus)),
    (_PERCENT, _tokens(unquote, lambda new: quote(new, safe="/:?&=#~+!$'()*,;"))),
    (_REFERENCE, _tokens(_dereferenced, lambda new: new.replace("@", "&#64;"))),
    (_BASE64, _base64),
)
