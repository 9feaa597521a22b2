"""Bodies that are sent as they stand, and what must become of each, as a table."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = '<?xml version="1.0"?>'
VERSION_CALL = "<methodCall><methodName>pw_rpc_version</methodName><params></params></methodCall>"


def _list(value: str, method: str = "state_list") -> str:
    return (
        f"{HEAD}<methodCall><methodName>{method}</methodName><params><param><value>{value}</value>"
        "</param></params></methodCall>"
    )


NOBODY = "pw-conformance-n\u00f6body"


@dataclass(frozen=True)
class Body:
    """One kind of body. `value` says what is answered: `version`, `array`, `all states`,
    `nil search` (all states, or none where a false search is swallowed), `struct or miss`; '' means
    a fault, of one of the classes in `faults`. `also` holds more bodies of the kind."""

    number: str
    text: str
    recorded: tuple[str, ...]
    body: bytes
    value: str = ""
    faults: tuple[str, ...] = ()
    also: tuple[bytes, ...] = ()
    releases: str = "all"
    python: int | None = None
    #: A body of the kind that holds these bytes finds nothing.
    finds_nothing: bytes = b""
    #: Whether a fault is as good an answer as the value.
    refusable: bool = False


def _utf(text: str, encoding: str, declared: str | None) -> bytes:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else HEAD
    return text.replace(HEAD, head).encode(encoding)


_SEARCH = _list(f"<string>{NOBODY}</string>")
_EXPAT = ("ExpatError",)

BODIES = (
    Body("001", "An empty body is an ExpatError.", ("body/empty",), b"", faults=_EXPAT),
    Body(
        "002",
        "A body that is no XML is an ExpatError.",
        ("body/text", "body/json"),
        b"hello",
        faults=_EXPAT,
        also=(b'{"method":"pw_rpc_version"}',),
    ),
    Body(
        "003",
        "A truncated body is an ExpatError.",
        ("body/truncated", "body/unclosed", "body/unclosed tag"),
        b"<?xml version='1.0'?>\n<methodCall>\n<meth",
        faults=_EXPAT,
        also=(b"<oops",),
    ),
    Body(
        "004", "Mismatched tags are an ExpatError.", ("body/mismatched",), b"<a></b>", faults=_EXPAT
    ),
    Body(
        "005",
        "Anything behind the root element is an ExpatError.",
        ("body/two roots", "body/trailing junk"),
        (HEAD + VERSION_CALL + "<x/>").encode(),
        faults=_EXPAT,
        also=((HEAD + VERSION_CALL + "junk").encode(),),
    ),
    Body(
        "006",
        "An XML declaration behind a newline is an ExpatError.",
        ("body/leading ws + decl",),
        ("\n" + HEAD + VERSION_CALL).encode(),
        faults=_EXPAT,
    ),
    Body(
        "007",
        "XML that is no call is a ResponseError.",
        ("body/html", "body/empty methodCall"),
        b"<html><body>x</body></html>",
        faults=("ResponseError",),
        also=(f"{HEAD}<methodCall></methodCall>".encode(),),
    ),
    Body(
        "008",
        "Upper-case tags are a ResponseError.",
        ("body/upper tags",),
        b"<METHODCALL><METHODNAME>pw_rpc_version</METHODNAME></METHODCALL>",
        faults=("ResponseError",),
    ),
    Body(
        "009",
        "An undefined entity is an ExpatError.",
        ("body/undefined entity", "body/html entity"),
        f"{HEAD}<methodCall><methodName>&nosuch;</methodName></methodCall>".encode(),
        faults=_EXPAT,
    ),
    Body(
        "010",
        "Control characters, raw or by reference, are an ExpatError.",
        ("body/control char", "body/charref control", "body/charref nul"),
        _list("<string>\x01</string>").encode(),
        faults=_EXPAT,
        also=(_list("<string>&#1;</string>").encode(), _list("<string>&#0;</string>").encode()),
    ),
    Body(
        "011",
        "A surrogate by reference is an ExpatError.",
        ("body/surrogate charref",),
        _list("<string>&#xD800;</string>").encode(),
        faults=_EXPAT,
    ),
    Body(
        "012",
        "An unknown tag for a value is a ResponseError.",
        ("type/state_list <foo>1</foo>",),
        _list("<foo>1</foo>").encode(),
        faults=("ResponseError",),
        python=3,
    ),
    Body(
        "013",
        "A boolean that is neither 0 nor 1 is a TypeError.",
        ("type/state_list <boolean>true</boolean>", "type/state_list <boolean>2</boolean>"),
        _list("<boolean>true</boolean>").encode(),
        faults=("TypeError",),
        also=(_list("<boolean>2</boolean>").encode(),),
    ),
    Body(
        "014",
        "An int that is none is a ValueError.",
        ("type/state_list <int>0x10</int>", "type/state_list <int>1e3</int>"),
        _list("<int>0x10</int>").encode(),
        faults=("ValueError",),
        also=(_list("<int></int>").encode(), _list("<int>abc</int>").encode()),
    ),
    Body(
        "015",
        "A double that is none is a ValueError.",
        ("type/state_list <double>abc</double>",),
        _list("<double>abc</double>").encode(),
        faults=("ValueError",),
    ),
    Body(
        "016",
        "A struct member without a name or a value is an IndexError.",
        ("body/struct no name", "body/struct no value"),
        _list(
            "<struct><member><value><int>1</int></value></member></struct>", "patch_list"
        ).encode(),
        faults=("IndexError",),
    ),
    Body(
        "017",
        "An unknown encoding is a LookupError.",
        ("body/encoding nosuch",),
        f'<?xml version="1.0" encoding="nosuch"?>{VERSION_CALL}'.encode(),
        faults=("LookupError", "ExpatError"),
    ),
    Body(
        "018",
        "Bytes that are no UTF-8 are an ExpatError.",
        ("enc/invalid utf8", "enc/latin1 undeclared"),
        _utf(_SEARCH, "latin-1", None),
        faults=_EXPAT,
    ),
    Body(
        "019",
        "A NUL byte is an ExpatError.",
        ("enc/nul byte",),
        (HEAD + VERSION_CALL.replace("pw_", "pw\0")).encode(),
        faults=_EXPAT,
    ),
    Body(
        "020",
        "A body without a methodName calls no method.",
        ("body/no methodName",),
        f"{HEAD}<methodCall><params></params></methodCall>".encode(),
        faults=("Exception",),
    ),
    Body(
        "021", "UTF-32 is an ExpatError.", ("enc/utf32",), _SEARCH.encode("utf-32"), faults=_EXPAT
    ),
    Body(
        "030",
        "The XML declaration may be missing.",
        ("body/no decl",),
        VERSION_CALL.encode(),
        "version",
    ),
    Body(
        "031",
        "The params may be missing.",
        ("body/no params", "body/empty params"),
        f"{HEAD}<methodCall><methodName>pw_rpc_version</methodName></methodCall>".encode(),
        "version",
    ),
    Body(
        "032",
        "Comments, processing instructions and CDATA are read over.",
        ("body/comment+PI", "body/cdata"),
        f"{HEAD}<!-- c --><?pi x?><methodCall><methodName><![CDATA[pw_rpc_version]]></methodName>"
        "</methodCall>".encode(),
        "version",
    ),
    Body(
        "033",
        "A UTF-8 byte order mark is read over.",
        ("enc/utf8 bom",),
        b"\xef\xbb\xbf" + (HEAD + VERSION_CALL).encode(),
        "version",
    ),
    Body(
        "034",
        "CRLF line ends are read like LF.",
        ("enc/crlf lines",),
        (HEAD + "\r\n" + VERSION_CALL + "\r\n").encode(),
        "version",
    ),
    Body(
        "035",
        "UTF-8 text is read, raw and by reference.",
        ("enc/utf8 nonascii",),
        _SEARCH.encode(),
        "array",
        also=(_SEARCH.replace("\u00f6", "&#246;").encode(), _SEARCH.replace("-", "&#45;").encode()),
    ),
    Body(
        "036",
        "Declared ISO-8859-1 and windows-1252 are read.",
        ("enc/latin1 declared", "enc/windows-1252 declared"),
        _utf(_SEARCH, "latin-1", "iso-8859-1"),
        "array",
        also=(_utf(_SEARCH, "cp1252", "windows-1252"),),
    ),
    Body(
        "037",
        "UTF-16 with a byte order mark is read.",
        ("enc/utf16 bom",),
        _utf(_SEARCH, "utf-16", "utf-16"),
        "array",
    ),
    Body(
        "038",
        "A value without a type is a string.",
        ("body/untyped value",),
        _list(NOBODY).encode(),
        "array",
        also=(_list("98765", "patch_list").encode(),),  # a number would be a TypeError
    ),
    Body(
        "039", "nil is read.", ("type/state_list <nil/>",), _list("<nil/>").encode(), "nil search"
    ),
    Body(
        "040",
        "i4 and i8 are read like int.",
        ("type/state_list <i4>1</i4>", "type/state_list <i8>1</i8>"),
        _list("<i4>987654321</i4>").encode(),
        "array",
        also=(_list("<i8>987654321</i8>").encode(),),
    ),
    Body(
        "041",
        "double, boolean and dateTime.iso8601 are read.",
        (
            "type/state_list <double>1e3</double>",
            "type/state_list <boolean>1</boolean>",
            "type/state_list <dateTime.iso8601>garbage</dateTime.iso8601>",
        ),
        _list("<double>98765.4321</double>").encode(),
        "array",
        also=(
            _list("<boolean>1</boolean>").encode(),
            _list("<dateTime.iso8601>garbage</dateTime.iso8601>").encode(),
        ),
    ),
    Body(
        "042",
        "base64 is read.",
        ("type/state_list <base64>MQ==</base64>",),
        _list("<base64>cHctY29uZm9ybWFuY2U=</base64>").encode(),
        "array",
    ),
    Body(
        "043",
        "Characters beyond the basic plane are read.",
        ("body/astral charref",),
        _list("<string>\U0001d11e&#x1D11E;</string>").encode(),
        "array",
    ),
    Body(
        "044",
        "Deep nesting is read without an error of the server.",
        ("body/nested deep",),
        _list(
            "<array><data><value>" * 100 + "<int>1</int>" + "</value></data></array>" * 100
        ).encode(),
        "array",
    ),
    Body(
        "045",
        "params may stand before the methodName.",
        ("body/params before name",),
        f"{HEAD}<methodCall><params><param><value><int>-1</int></value></param></params>"
        "<methodName>project_get</methodName></methodCall>".encode(),
        "struct or miss",
    ),
    Body(
        "046",
        "Of two methodNames the last counts.",
        ("body/two methodNames",),
        f"{HEAD}<methodCall><methodName>nosuch</methodName><methodName>pw_rpc_version"
        "</methodName></methodCall>".encode(),
        "version",
    ),
    Body(
        "047",
        "A DOCTYPE without entities is read over.",
        ("body/doctype",),
        f"{HEAD}<!DOCTYPE methodCall>{VERSION_CALL}".encode(),
        "version",
    ),
    Body(
        "048",
        "An external entity is never resolved.",
        ("body/external entity",),
        (
            f'{HEAD}<!DOCTYPE methodCall [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            + _list("<string>&e;</string>").removeprefix(HEAD)
        ).encode(),
        "all states",
        refusable=True,
    ),
    Body(
        "049",
        "Of members of the same name in a struct the last counts.",
        ("patch_list/max_count twice",),
        _list(
            "<struct><member><name>id</name><value><int>1</int></value></member><member><name>"
            "id</name><value><int>-1</int></value></member></struct>",
            "patch_list",
        ).encode(),
        "array",
        finds_nothing=b"-1",
    ),
    Body(
        "050",
        "A CDATA string is read.",
        ("body/cdata string",),
        _list("<string><![CDATA[<&>pw-conformance]]></string>").encode(),
        "array",
    ),
    Body(
        "055",
        "i1, i2, biginteger, float and ex:nil are read on Python 3.",
        (
            *(f"type/state_list <{t}>1</{t}>" for t in ("i1", "i2", "biginteger")),
            "type/state_list <float>1.5</float>",
        ),
        _list("<i1>98765</i1>").encode(),
        "array",
        also=(
            *(_list(f"<{t}>98765</{t}>").encode() for t in ("i2", "biginteger")),
            _list("<float>98765.4321</float>").encode(),
            _list("<ex:nil/>").encode(),
        ),
        python=3,
    ),
    Body(
        "056",
        "Another root element, and one in a namespace, are read on Python 3.",
        ("body/root other", "body/namespaced"),
        f"{HEAD}<foo><methodName>pw_rpc_version</methodName></foo>".encode(),
        "version",
        also=(
            f'{HEAD}<m:methodCall xmlns:m="urn:m"><m:methodName>pw_rpc_version</m:methodName>'
            "</m:methodCall>".encode(),
        ),
        python=3,
    ),
    Body(
        "057",
        "A declaration may say that the document stands alone.",
        ("body/standalone",),
        f'<?xml version="1.0" standalone="yes"?>{VERSION_CALL}'.encode(),
        "version",
    ),
)
