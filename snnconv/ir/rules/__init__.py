"""Neuron rules, one file each: their parameters, and the code of the spikes that they make."""
