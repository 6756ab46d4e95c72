"""A Pyomo model as one matrix, by its standard form writer."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import InfeasibleConstraintException
from pyomo.repn.plugins import standard_form as plugin
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.language import _

# The compiler's hooks, as it would set them itself: but it would load scipy.stats for two classes of scipy.sparse, which
# takes as long as solving a small case.
hooks: Any = plugin._LinearStandardFormCompiler_impl
hooks._to_vector, hooks._csc_matrix, hooks._csr_matrix = np.fromiter, csc_array, csr_array


def standard_form(model: pyo.ConcreteModel) -> tuple[Any, Sequence[str]]:
    """Standard form with every stage as a cost row; the model's own choice of objective is put back."""
    names = {id(objective): name for name, objective in model.stage.items()}
    active = {name: objective.active for name, objective in model.stage.items()}
    try:
        for objective in model.stage.values():
            objective.activate()
        logging.getLogger("pyomo.core.base.param").addFilter(_not_about_itself)
        form = plugin.LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as error:
        raise Infeasible(
            _("No plan satisfies all rules: a rule contradicts the data ({error}).", error=error)
        ) from error
    finally:
        logging.getLogger("pyomo.core.base.param").removeFilter(_not_about_itself)
        for name, was in active.items():
            if not was:
                model.stage[name].deactivate()
    return form, [names[id(objective)] for objective in form.objectives]


def _not_about_itself(record: logging.LogRecord) -> bool:
    """Pyomo 6.10.1 warns that its own template code calls a deprecated method of its own."""
    return "sparse_iteritems" not in record.getMessage()
