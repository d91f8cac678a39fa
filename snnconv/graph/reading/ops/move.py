"""Gather, Expand, Tile and others that only move elements, in whatever way: slices of a value that are joined."""

from snnconv.graph.reading.moves import read_move

READERS = {
    "DepthToSpace": read_move,
    "Expand": read_move,
    "Gather": read_move,
    "GatherND": read_move,
    "SpaceToDepth": read_move,
    "Tile": read_move,
}
