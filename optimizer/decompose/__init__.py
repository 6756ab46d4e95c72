"""A nation split by region and price: regions are planned on their own, and only money and prices join them."""
