"""All mutants."""

from .authentication import AUTHENTICATION
from .by_one_method import BY_ONE_METHOD
from .checks import CHECKS
from .lists import LISTS
from .lookups import LOOKUPS
from .near_misses import NEAR_MISSES
from .reads import READS
from .remembering import REMEMBERING
from .values import VALUES
from .versions import SIGNATURES, VERSIONS
from .wire import HTTP, XML

MUTANTS = (
    *VERSIONS,
    *SIGNATURES,
    *AUTHENTICATION,
    *HTTP,
    *XML,
    *READS,
    *CHECKS,
    *LISTS,
    *NEAR_MISSES,
    *LOOKUPS,
    *REMEMBERING,
    *BY_ONE_METHOD,
    *VALUES,
)
