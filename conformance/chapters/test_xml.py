"""PW-XML: what bodies are read, and what becomes of those that cannot be."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import answered, deviates, empty, expect, faults, fixed, miss, same
from ..requirements.bodies import BODIES, HEAD, VERSION_CALL, Body
from ..target.counting import counted
from ..target.exchange import Exchange, Request, call, show
from ..target.knowing.profile import SIGNATURES, VERSIONS
from ..target.knowing.world import World, rows_of
from ..target.wire import NotXmlRpc
from ..verdicts.verdicts import Deviation
from .asking.fronts import walled
from .asking.methods import PUBLIC, harmless
from .asking.writing import WIDE

#: What is answered with the states, as they are sampled.
OF_STATES = ("all states", "nil search")


def _valued(world: World, answer: Exchange, body: Body) -> Finding:
    if body.value == "version":
        right = answer.value is not None and answer.value.plain in VERSIONS.values()
        return expect(right, answer, "the version")
    if body.value == "struct or miss":
        absent = answer.params[:1] == (-1,)
        return miss(world, answer, {}) if absent else answered(answer)
    rows = rows_of(answer)
    if rows is None:
        return deviates(answer, "an array")
    ours = [word for word in ("pw-conformance", "98765") if word.encode() in answer.request.body]
    named_so = any(word in state["name"] for word in ours for state in world.states)
    if body.value == "array" and ours and not named_so:
        return empty(answer, [])
    if body.finds_nothing and body.finds_nothing in answer.request.body:
        return empty(answer, [])
    if body.value in OF_STATES and world.states and world.all_states:
        swallowed = world.profile.swallows and body.value == "nil search"
        wanted = [] if swallowed else world.states
        return expect(rows == wanted, answer, counted(len(wanted), "state"))
    return OK


def _decide(body: Body) -> None:
    def judge(world: World, answer: Exchange) -> Finding:
        if walled(world, answer):
            return None
        if body.refusable and answer.fault is not None:
            return OK
        if body.value:
            return _valued(world, answer, body)
        return faults(answer, *body.faults)

    judge.__name__ = f"test_body_{body.number}"
    judge.__module__ = __name__
    probe = fixed(*(Request(each) for each in (body.body, *body.also)))
    held = body.value in OF_STATES
    globals()[judge.__name__] = decides(f"XML-{body.number}", probe, hang=True, data=held)(judge)


for _body in BODIES:
    _decide(_body)


def mangled(world: World) -> SearchStrategy[Request]:
    """Calls of public methods with some bytes cut, doubled or replaced."""
    whole = (HEAD + VERSION_CALL).encode()
    place = st.integers(0, len(whole))
    noise = st.one_of(st.binary(max_size=6), st.sampled_from([b"<", b"&", b"]]>", b"\0", b"<!--"]))

    @st.composite
    def body(draw: st.DrawFn) -> Request:
        low, high = sorted((draw(place), draw(place)))
        return Request(whole[:low] + draw(noise) + whole[high:])

    return body()


@decides("XML-090", mangled, hang=True)
def test_mangled_bodies_are_answered(world: World, answer: Exchange) -> Finding:
    if world.profile.python == 2 and answer.answer.status == 500:
        return None  # a fault that is not ASCII is a bare 500 there (servers.md 2)
    return None if walled(world, answer) else answered(answer)


@decides(
    "XML-091",
    fixed(
        *(
            call(m, *harmless(m))
            for m in ("state_list", "pw_rpc_version", "patch_get", "project_list")
        )
    ),
    on=" ".join(PUBLIC) + " nosuch",
)
def test_answers_are_strict_xml_rpc(world: World, answer: Exchange) -> Finding:
    if answer.answer.status != 200 or answer.method not in (*SIGNATURES, "nosuch"):
        return None
    if isinstance(answer.reply, NotXmlRpc):
        return deviates(answer, "one methodResponse that a strict parser reads")
    return OK


ODD = '<b>&"x"\''


@decides("XML-092", fixed(call(ODD)))
def test_markup_comes_back_escaped(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    found = faults(answer, "Exception", text=f'method "{ODD}" is not supported')
    if isinstance(found, Deviation):
        return found
    return expect(b"<b>" not in answer.answer.body, answer, "&lt;b&gt;")


#: Classes of Python's own that every server has faults of (servers.md 1.2, 2).
BUILTIN = ("Exception", "TypeError", "ValueError", "IndexError", "AttributeError")


@decides(
    "XML-093",
    fixed(call("nosuch"), call("patch_get"), call("state_get"), call("patch_get", "abc")),
    on="nosuch patch_get state_get",
)
def test_faults_are_code_1_and_a_class(world: World, answer: Exchange) -> Finding:
    fault = answer.fault
    if fault is None:
        return None
    spelt = "<type 'exceptions.X'>" if world.profile.python == 2 else "<class 'X'>"
    right = fault.code == 1 and fault.kind != "" and fault.python in (None, world.profile.python)
    if fault.kind in BUILTIN:  # as neither Python writes it
        right = right and fault.python is not None
    return expect(right, answer, f"code 1 and a class, a builtin one as {spelt}")


@decides(
    "XML-096",
    fixed(call("nosuch"), call("patch_get"), call("state_get")),
    on="nosuch patch_get state_get",
)
def test_a_fault_s_code_comes_first(world: World, answer: Exchange) -> Finding:
    if answer.fault is None:
        return None
    body = answer.answer.body
    right = body.find(b"<name>faultCode<") < body.find(b"<name>faultString<")
    return expect(right, answer, "faultCode, then faultString")


def _typed(subset: str, head: str = HEAD) -> bytes:
    """A call of a method whose name is the entity `e` of this internal DTD subset."""
    return (
        f"{head}<!DOCTYPE methodCall [{subset}]><methodCall><methodName>&e;</methodName>"
        "</methodCall>"
    ).encode()


NAMED = Request(_typed('<!ENTITY e "pw_rpc_version">'))
#: Ten times ten characters: a bomb in shape alone.
BOMB = Request(_typed('<!ENTITY x "xxxxxxxxxx"><!ENTITY e "' + "&x;" * 10 + '">'))


@decides("XML-051", fixed(NAMED), hang=True)
def test_internal_entities_are_expanded_or_refused(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    if answer.value is None:
        return faults(answer)
    return expect(answer.value.plain in VERSIONS.values(), answer, "the version, or a fault")


@decides("XML-052", fixed(BOMB), hang=True)
def test_nested_entities_are_expanded_or_refused(world: World, answer: Exchange) -> Finding:
    return None if walled(world, answer) else answered(answer)


SPACED = (
    f"{HEAD}\n<methodCall>\n  <methodName>project_get</methodName>\n  <params>\n    <param>\n"
    "      <value>\n        <int>{}</int>\n      </value>\n    </param>\n  </params>\n</methodCall>"
)


def _spaced(world: World) -> list[tuple[Request, Request]]:
    number = world.projects[0]["id"] if world.projects else -1
    return [(Request(SPACED.format(number).encode()), call("project_get", number))]


@decides("XML-053", _spaced, hang=True, data=True)
def test_blanks_around_values_do_not_matter(
    world: World, spaced: Exchange, plain: Exchange
) -> Finding:
    if same(spaced, plain):
        return OK
    return deviates(spaced, f"the same as without blanks: {plain.answer.describe()}")


RESPONSE = f"{HEAD}<methodResponse>{{}}</methodResponse>"
FAULT = (
    "<fault><value><struct><member><name>faultCode</name><value><int>7</int></value></member>"
    "<member><name>faultString</name><value><string>pw-conformance</string></value></member>"
    "</struct></value></fault>"
)
SENT_BACK = (
    "<params><param><value><int>1</int></value></param></params>",
    FAULT,
    "<fault><value><int>1</int></value></fault>",
)


@decides(
    "XML-054", fixed(*(Request(RESPONSE.format(body).encode()) for body in SENT_BACK)), hang=True
)
def test_a_response_is_no_call(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    right = answer.answer.status == 200 and answer.fault is not None
    return expect(right, answer, "a fault over HTTP 200")


@decides("XML-094", fixed(call("pw_rpc_version"), call("nosuch")), on=" ".join(PUBLIC) + " nosuch")
def test_answers_begin_with_the_declaration(world: World, answer: Exchange) -> Finding:
    if answer.answer.status != 200:
        return None
    right = answer.answer.body.startswith(b"<?xml version='1.0'?>\n<methodResponse>")
    told = f"{answer.request.describe()} answered {show(answer.answer.body[:60])} first"
    return OK if right else Deviation("<?xml version='1.0'?> as the very first bytes", told)


@decides("XML-095", fixed(call("state_list"), call("project_list")), on=" ".join(PUBLIC))
def test_answers_are_utf_8(world: World, answer: Exchange) -> Finding:
    try:
        answer.answer.body.decode()
    except UnicodeDecodeError as error:
        told = f"{answer.request.describe()} answered what is none: {error.reason}"
        return Deviation("UTF-8", f"{told}, byte {error.start}")
    return OK


def _with_rows(world: World) -> list[Step]:
    """Lists as long as those that the sample comes from, for where they are cut there is nothing
    to be judged, and one row of each kind."""
    listed: list[Step] = [
        world.evidence[n].request for n in ("patches", "checks") if n in world.evidence
    ]
    methods = ("patch_get", "person_get")
    single = [call(m, found[0]["id"]) for m in methods if (found := world.table(m))]
    return listed[:1] if world.thrifty else [*listed, call("person_list", "", 61), *single]


@decides(
    "XML-097",
    _with_rows,
    on="patch_list person_list check_list patch_get person_get",
    hang=True,
)
def test_rows_are_answered(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case (int(),) | ("", int()) | ({"max_count": int()},):
            return answered(answer)
    return None


@decides("XML-098", fixed(call(f"{WIDE} \U0001d11e")), on="\u00fcnknown")
def test_text_beyond_ascii_comes_back_as_it_was(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    return faults(answer, "Exception", text=f'method "{answer.method}" is not supported')
