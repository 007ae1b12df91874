"""Questions about many calls at once, answered from sums that the filling keeps. Figures: docs/analysis.md.

Each is about one account, or about ``ALL`` where that is said. Days are numbers (``date.toordinal``) in China, hours
are China's. All raise SQLAlchemyError.
"""

from services.archive.analysis.asked import Asked
from services.archive.analysis.callers import Callers, Repeated, callers
from services.archive.analysis.duty import duty, recorded, stretches
from services.archive.analysis.figures import Dimension, Key, account_costs, costs, figures, talks, waits
from services.archive.analysis.flow import Lost, Step, steps, unserved

__all__ = [
    "Asked",
    "Callers",
    "Dimension",
    "Key",
    "Lost",
    "Repeated",
    "Step",
    "account_costs",
    "callers",
    "costs",
    "duty",
    "figures",
    "recorded",
    "steps",
    "stretches",
    "talks",
    "unserved",
    "waits",
]
