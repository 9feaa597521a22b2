"""What generated names, subjects and mails are made of: nothing of it is anybody's."""

from __future__ import annotations

#: Names in the scripts that kernel lists see, each with how an address spells it.
GIVEN = (
    *(("Alice", "alice"), ("Bogdan", "bogdan"), ("Chen", "chen"), ("Dana", "dana")),
    *(("Émile", "emile"), ("Fatima", "fatima"), ("Göran", "goran"), ("Hana", "hana")),
    *(("Igor", "igor"), ("Jürgen", "juergen"), ("Kiran", "kiran"), ("Łukasz", "lukasz")),
    *(("Małgorzata", "malgorzata"), ("Nikos", "nikos"), ("Óscar", "oscar"), ("Priya", "priya")),
    *(("Quentin", "quentin"), ("Rūta", "ruta"), ("Søren", "soren"), ("Tomáš", "tomas")),
    *(("Uche", "uche"), ("Věra", "vera"), ("Wei", "wei"), ("Yuki", "yuki"), ("Zoë", "zoe")),
    *(("Иван", "ivan"), ("Ольга", "olga"), ("Γιώργος", "giorgos"), ("佐藤", "sato")),
    *(("王", "wang"), ("김", "kim"), ("דוד", "david"), ("محمد", "mohammed"), ("अनिल", "anil")),
)
FAMILY = (
    *(("Adler", "adler"), ("Björk", "bjork"), ("Costa", "costa"), ("Dvořák", "dvorak")),
    *(("Eriksson", "eriksson"), ("Farkaş", "farkas"), ("García", "garcia"), ("Holm", "holm")),
    *(("Iyer", "iyer"), ("Jansen", "jansen"), ("Kowalski", "kowalski"), ("Lindqvist", "lindqvist")),
    *(("Müller", "mueller"), ("Nguyễn", "nguyen"), ("O'Neil", "oneil"), ("Petrov", "petrov")),
    *(("Quist", "quist"), ("Rossi", "rossi"), ("Şahin", "sahin"), ("Tanaka", "tanaka")),
    *(("Umarov", "umarov"), ("Vašek", "vasek"), ("Wójcik", "wojcik"), ("Xu", "xu")),
    *(("Young", "young"), ("Zhang", "zhang"), ("太郎", "taro"), ("小明", "xiaoming")),
)
#: Where people work; the first ones many of them.
HOSTS = (
    *("example.com", "corp.example.com", "example.org", "kernel.example.org", "example.net"),
    *("mail.example.net", "chips.example", "distro.example", "uni.example.edu", "post.example"),
)

VERBS = (
    *("add", "fix", "drop", "remove", "rework", "simplify", "document", "convert", "avoid"),
    *("handle", "check", "split", "factor out", "rename", "refactor", "prevent", "limit", "use"),
)
OBJECTS = (
    *("a leak of buffers", "an unused variable", "the error path", "a race on removal"),
    *("support for the new revision", "the lock around the queue", "a missing bounds check"),
    *("the helper for offsets", "an off-by-one in the ring", "the fallback for old firmware"),
    *("a use after free", "the kerneldoc of callbacks", "the timeout of resets", "dead code"),
    *("a stale pointer", "the devres API", "the suspend handler", "unaligned accesses"),
    *("the naïve retry loop", "a warning of the compiler", "the order of the probes"),
)
REASONS = (
    "The old code assumed that this could never happen. It can.",
    "No functional change intended.",
    "This was found by a fuzzer and is easy to trigger from user space.",
    "While at it, keep the list sorted.",
    "Without this the device does not come back after a resume.",
    "The comment has been wrong since the driver was merged; say what the code does.",
    "Measured on two machines, this saves about 3 % of the time in the hot path.",
    "Tested with the self tests and on real hardware, for a week.",
    "The naïve approach — taking the lock twice — deadlocks.",
)
ANSWERS = (
    "Looks good to me.",
    "Could you split this in two, please?",
    "Nit: the subject should start with the driver's name.",
    "Why is the lock needed here at all?",
    "I would rather see this in the core, so that other drivers profit.",
    "This breaks the build without CONFIG_PM.",
    "Thanks, that is much easier to read now.",
    "Ping? This has been waiting for two weeks.",
)
TAGS = ("Reviewed-by", "Acked-by", "Tested-by")
STATEMENTS = (
    *("ret = setup(dev);", "if (ret < 0)", "return ret;", "mutex_lock(&dev->lock);"),
    *("mutex_unlock(&dev->lock);", "dev->count++;", "kfree(buf);", "buf = NULL;"),
    *("len = min(len, dev->size);", "goto out;", "dev_dbg(dev, \"%u\\n\", len);", "spin(dev);"),
)  # fmt: skip
FILES = ("core.c", "main.c", "ring.c", "queue.h", "probe.c", "Makefile", "reset.c", "test.c")
