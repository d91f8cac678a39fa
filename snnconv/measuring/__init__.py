"""A network beside its ReLU model, and neuron by neuron: rates, errors by depth, parity, NeuroBench."""
