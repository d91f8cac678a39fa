"""How each neuron rule is run: one file for each rule of ``snnconv/ir/rules``."""
