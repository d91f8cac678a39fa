"""The kinds of nodes, one file each: their fields, and the rules that follow from them."""
