"""What is mathematics: the core model, its levers and its gap measures, all in Pyomo."""
