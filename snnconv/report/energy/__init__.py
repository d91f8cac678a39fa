"""Energy: profiles say what an operation costs and who says so, `price` multiplies the counts of a run by it."""
