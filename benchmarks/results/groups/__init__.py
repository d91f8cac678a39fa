"""The experiments: one file for each group. A new experiment is one more line in its group's list."""

from experiment import Group

from groups import depth, losses, mnist, spike_norm

GROUPS: tuple[Group, ...] = (losses.GROUP, depth.GROUP, spike_norm.GROUP, mnist.GROUP)
