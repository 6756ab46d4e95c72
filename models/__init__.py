"""What is mathematics: the core model, its levers and its gap measures, all in Pyomo."""

from pyomo.common.dependencies import DeferredImportCallbackFinder

# Pyomo waits for the first import of any part of scipy to load scipy.stats and all that hangs on it: a second at the
# start of every command. It loads them itself when it compiles a model; a report compiles none.
getattr(DeferredImportCallbackFinder, "_callbacks", {}).pop("scipy", None)
