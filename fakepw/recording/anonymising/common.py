"""Words that are no names, and names that are words as well."""

from __future__ import annotations

#: Nobody, in whatever name it stands: what bots, lists and companies are called, titles, and what
#: stands before a family's name.
_GENERIC = """
    ai bot bots build builder buildbot ci cloud club co community company core corp dev devel
    developer developers development email foundation gmbh group inc infra intel kernel lab labs
    linux list lists llc ltd mail mailer mailing maintainer maintainers oss patch patches patchwork
    patchbot project projects qa release robot server service services software srl syzbot syzkaller
    system systems team technologies technology test tester testing tests the tree upstream user
    users via work
    dr jr mr mrs ms prof sir sr
    ap bin da dal de del della den der des di do dos du el ibn la las le les lo los mac mc
    saint santa st ten ter van vom von y zu zum zur
"""
#: Somebody only where people are spoken to, or beside another word of a name: what mails and diffs
#: are written in, months and days, and what every text is full of.
_COMMON = """
    jan feb mar apr may jun jul aug sep sept oct nov dec january february march july
    september october november december mon tue wed thu fri sat sun monday tuesday wednesday
    thursday friday saturday sunday
    auto bool break case catch char class const continue default delete do double else enum extern
    false float for from function goto if import in inline int let long new not null or register
    return self short signed size sizeof static struct switch this true type typedef union unsigned
    var void volatile while with
    applied applies archive authentication author bcc cc comment content copyright
    date delivered diff disposition dkim encoding fixes file forwarded git header headers host http
    https id index link message mime mode msgid name null number original param path ping precedence
    queued ref references reply reported resent result results return reviewed sender signature
    signed state status subject tag tags text thread to transfer unsubscribe url version x
    about above add added after again all almost also always am an and another any anybody anyone
    are as ask at away back bad be because been before being below best better both bug bugs but by
    call can change changed changes code could crash data did does done down drop each edit end
    error even every everybody everyone fail fine first fix fixed folks found friends from get give
    go good great greetings guy guys had has have he hello help her here hey hi him his how i into
    is it its just keep kind kindly know last least left less like line look looks lot lots made
    make many max me min more most move much must my need net never next nice no none nobody
    nothing now of off ok okay old on once one only open other our out over own part people please
    pull push put re read really regards remove right run said same say says see send sent set she
    should show since so some somebody someone something sorry split still stop such sure take
    tested than thank thanks that their them then there these they thing things think time together
    too try two under unknown until up update us use used using very want was way we well were what
    when where which who why without word words wrote yes yet you your
"""

#: Names that are words as well: alone, they are somebody only where they are written like a name.
_AMBIGUOUS = """
    abel amber angel april ash august baker banks barber bass bay bell berg best bill bird black
    block bloom blue bond booth bridge brook brooks brown buck bull bush butcher butler buy camp
    candy cannon carpenter carter case cash chance chase chips church clay clear cliff close cole
    cook cooper cope cotton cox craft crane crisp cross crow daily dale dawn day dean dick dock
    doe drew duke earl early east eden english faith fall farmer fast field finch fish fisher fix
    flint flower forest forge fork foster fountain fowler fox frank free french frost fuller gale
    gates gene gentle glass glen gold golden good grace grant gray green grey grove guard gunner
    guy hall ham hand hardy harper hash haven hawk hay head heath helm herald hill hold holder
    holland holly home hood hook hope horn house hunt hunter iris ivy jack jay jean job jones joy
    judge june keen key king knight lake lamb land lane lang lark law lee lily link little lock
    long love lucky lynx major mallet mann marina mark marks marsh marshal mason master max merry
    miles mill miller mills mint moon moore moss mount myers new newman nick noble norm north oak
    olive page parent park parker parson patience peace pearl pepper perry pick pike pipe plank
    pole pool pope porter post potter power price pride prince prior quick race rain ramp ranger
    ray read reader reed rich ring ringer river robin rock rod root rose ruby rule rush russell
    rusty sage sailor salt sand savage sawyer scout sharp shell shepherd ship shore short silver
    singer singh skinner sky sloan small smart smith snow south spark sparks spear spring stack
    star steel stem sterling stern stone storm strong summer summers sutton swan swift tanner
    taylor temple terry thorn tiger tower towns trainer tree turner tyler vale victor viola violet
    vivid walker wall ward warden waters wax weaver webb weeks wells west wheeler white wild will
    wing winner winter wise wolf wood woods word worth wright young
"""

GENERIC = frozenset(_GENERIC.split())
COMMON = frozenset(_COMMON.split())
AMBIGUOUS = frozenset(_AMBIGUOUS.split())
