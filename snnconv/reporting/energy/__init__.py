"""Energy: profiles say what an operation costs and who says so; `price` applies them to a run."""
