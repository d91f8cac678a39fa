"""All damages, and how a case is drawn.

A damage takes a case and a random generator and changes the case in place. One that does not fit a model (no attribute
to damage) leaves it as it is.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.fuzz.case import Case, Rng, pick
from tests.fuzz.damages_bytes import cut_out, flip_bits, flip_bytes, flip_structure, splice, truncate
from tests.fuzz.damages_files import external
from tests.fuzz.damages_graph import (
    add_input,
    change_domain,
    change_operator,
    change_outputs,
    drop_input,
    drop_node,
    many_nodes,
    more_inputs,
    nest,
    odd_functions,
    odd_input,
    odd_versions,
    rename_output,
    rewire,
    swap_nodes,
)
from tests.fuzz.damages_hostile import hostile_node
from tests.fuzz.damages_values import (
    add_geometry,
    change_attribute_type,
    change_tensor_type,
    convert_tensors,
    cut_list,
    drop_tensor,
    long_list,
    odd_dims,
    odd_integers,
    odd_numbers,
    odd_sizes,
    repeat_attribute,
    repeat_tensor,
    reshape_tensor,
    typed_fields,
)
from tests.fuzz.models import KINDS


def none(case: Case, rng: Rng) -> None:
    """Leave it whole: it must be converted."""


Damage = Callable[[Case, Rng], None]

DAMAGES: tuple[Damage, ...] = (
    *(none, flip_bits, flip_bytes, flip_structure, flip_structure, truncate, cut_out, splice),
    *(drop_node, swap_nodes, rewire, rewire, drop_input, add_input, rename_output, change_operator, change_operator),
    *(change_domain, change_outputs, nest, many_nodes),
    *(odd_integers, odd_integers, add_geometry, add_geometry, change_attribute_type, repeat_attribute),
    *(long_list, cut_list, hostile_node, hostile_node, hostile_node, hostile_node),
    *(odd_dims, reshape_tensor, change_tensor_type, convert_tensors, typed_fields, odd_numbers, odd_sizes, odd_sizes),
    *(repeat_tensor, drop_tensor, odd_input, more_inputs, odd_versions, odd_functions, external, external),
)


def make_case(seed: int, number: int, folder: Path, only: str = "") -> Case:
    """Draw a model and one or two damages; the same numbers give the same case.

    `folder` is new, empty, and alone in its parent folder. `only` names the one damage to do.
    """
    rng = np.random.default_rng([seed, number])
    damages = [damage for damage in DAMAGES if only in ("", damage.__name__)]
    kind = pick(rng, KINDS)
    case = Case(kind(int(rng.integers(5))), folder)
    case.damages.append(kind.__name__)
    for _ in range(1 if rng.random() < 0.8 else 2):
        damage = pick(rng, damages)
        if case.folder.is_dir() and any(case.folder.iterdir()) and damage is external:
            continue
        case.damages.append(damage.__name__)
        # the second may find nothing left that it could damage
        try:
            damage(case, rng)
        except (IndexError, ValueError, TypeError):
            case.damages.append("(in part)")
    return case
