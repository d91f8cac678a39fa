"""Functions that a model defines itself, written out where they are called.

PyTorch's exporter may write a layer as a function. One call in another, many levels deep, makes a small file large:
what comes out is counted before anything is written out.
"""

import onnx
from onnx import AttributeProto, inliner

from snnconv.errors import ModelError
from snnconv.graph.guarding.structure import MAX_NODES, is_own
from snnconv.graph.guarding.tensors import node_name

_MAX_CALLS_DEEP = 64
_MAX_ARGUMENT = 4096
_PASSED_ON = frozenset(
    {
        *(AttributeProto.FLOAT, AttributeProto.INT, AttributeProto.STRING),
        *(AttributeProto.FLOATS, AttributeProto.INTS, AttributeProto.STRINGS),
    }
)

_Key = tuple[str, str, str]


def inline_functions(model: onnx.ModelProto, memory_limit: int) -> onnx.ModelProto:
    """Write out the functions of a model.

    Parameters
    ----------
    model : ModelProto
        That `snnconv.graph.guarding.structure.check_structure` finds sound.
    memory_limit : int
        Bytes that the result may take.

    Returns
    -------
    ModelProto
        Without functions; to be checked again. The same object where there were none.

    Raises
    ------
    ModelError
        If a function calls itself, or the result would be too large. The text does not name the file.
    """
    if not model.functions:
        return model
    sizes = _Sizes(model.functions)
    nodes, size = sizes.of_nodes(model.graph.node)
    limit = min(memory_limit, 2**31 - 1 - model.ByteSize())
    if nodes > MAX_NODES or size > limit:
        raise ModelError(
            f"would have {nodes} nodes of {size} bytes with its functions written out, at most {MAX_NODES} of "
            f"{limit} bytes are read; export it without functions"
        )
    try:
        inlined = inliner.inline_local_functions(model)
    # onnx's own errors share no public base class
    except Exception as error:
        raise ModelError(
            f"has functions that onnx cannot write out: {' '.join(str(error).split())[:200]}; export it without them"
        ) from error
    if inlined.functions:
        names = ", ".join(function.name for function in inlined.functions[:5])
        raise ModelError(
            f"has functions that cannot be written out ({names}), as they have another opset; export it without them"
        )
    return inlined


class _Sizes:
    """Counts nodes and bytes of functions, written out to the end."""

    def __init__(self, functions: list[onnx.FunctionProto]) -> None:
        self._functions: dict[_Key, onnx.FunctionProto] = {}
        self._known: dict[_Key, tuple[int, int]] = {}
        self._open: list[_Key] = []
        for function in functions:
            key = (function.domain, function.name, function.overload)
            if key in self._functions:
                raise ModelError(f"has the function {function.name} twice; export it again")
            if function.domain in ("", "ai.onnx"):
                raise ModelError(f"has a function {function.name} in ONNX's own domain, which is not read; rename it")
            self._functions[key] = function

    def of_nodes(self, nodes: list[onnx.NodeProto]) -> tuple[int, int]:
        """Give nodes and bytes of a list of nodes, graphs inside them included."""
        count = size = 0
        for node in nodes:
            key = (node.domain, node.op_type, node.overload)
            if key in self._functions and not is_own(node):
                _check_call(node)
                more = self._of_function(key)
            else:
                more = (1, node.ByteSize())
                for attribute in node.attribute:
                    for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                        inside = self.of_nodes(inner.node)
                        more = (more[0] + inside[0], more[1] + inside[1])
            count, size = count + more[0], size + more[1]
        return count, size

    def _of_function(self, key: _Key) -> tuple[int, int]:
        if key in self._known:
            return self._known[key]
        if key in self._open:
            raise ModelError(f"has the function {key[1]}, which calls itself; export it without functions")
        if len(self._open) >= _MAX_CALLS_DEEP:
            raise ModelError(f"has functions that call each other more than {_MAX_CALLS_DEEP} deep; export it again")
        self._open.append(key)
        self._known[key] = self.of_nodes(self._functions[key].node)
        self._open.pop()
        return self._known[key]


def _check_call(node: onnx.NodeProto) -> None:
    """Refuse large arguments: a function may repeat each of them any number of times."""
    for attribute in node.attribute:
        if attribute.type not in _PASSED_ON or attribute.ByteSize() > _MAX_ARGUMENT:
            raise ModelError(
                f"calls a function in node {node_name(node)} with a large attribute {attribute.name}; "
                "export it without functions"
            )
