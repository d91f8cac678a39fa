"""The tables of each benchmark: titles, headers and rows of text from its result."""

from collections.abc import Callable
from typing import Any

Table = tuple[str, list[str], list[list[str]]]


def speed(result: dict[str, Any]) -> list[Table]:
    """Give one table for each network and T."""
    header = ["", "images/s", "ms per image and step", "of SpikingJelly's speed [min, max]", "accuracy %", "peak MB"]
    tables = []
    for case in result["cases"]:
        body = []
        for name, median in case["median"].items():
            ratio = case["ratio"].get(name)
            body.append(
                [
                    name,
                    f"{median['images_per_second']:.2f}",
                    f"{median['ms_per_image_step']:.3f}",
                    f"{ratio['median']:.2f} [{ratio['min']:.2f}, {ratio['max']:.2f}]" if ratio else "–",
                    _percent(median["accuracy"]),
                    f"{median['peak_mb']:.0f}",
                ]
            )
        body += [[name, *["not run"] * (len(header) - 1)] for name in case["skipped"]]
        others = max(run["other_cores"] for each in case["rounds"] for run in each.values())
        title = (
            f"{case['network']}, T = {case['steps']}, {case['images']} images, {case['threads']} threads, median of "
            f"{len(case['rounds'])} rounds, other processes kept at most {others:.2f} cores busy; the ONNX model "
            f"reaches {_percent(case['onnx_accuracy'])} %:"
        )
        tables.append((title, header, body))
    return tables


def scaling(result: dict[str, Any]) -> list[Table]:
    """Give one table for each backend and variation."""
    tables = []
    for backend, variations in result["backends"].items():
        for name, found in variations.items() if "skipped" not in variations else ():
            key = next(iter(found["points"][0]))
            columns = {key: key, "images": "images", "steps": "T"} | _SCALING
            body = [[_number(column, point) for column in columns] for point in found["points"]]
            header = list(columns.values())
            network = "random weights" if found.get("weights") == "random" else result["network"]
            tables.append((f"{backend}, {name} ({network}){_line(found['fit'])}:", header, body))
    return tables


_SCALING = {
    "seconds": "seconds",
    "synops_per_image": "M SynOps/image",
    "ns_per_synop": "ns/SynOp",
    "peak_mb": "peak MB",
}


def _number(column: str, point: dict[str, Any]) -> str:
    """Give a cell of a table of points."""
    if column == "ns_per_synop":
        return f"{1e9 * point['seconds'] / (point['synops_per_image'] * point['images']):.2f}"
    if column == "synops_per_image":
        return f"{point[column] / 1e6:.2f}"
    digits = {"seconds": ".3f", "peak_mb": ".0f"}
    return format(point[column], digits.get(column, "g"))


def resnet50(result: dict[str, Any]) -> list[Table]:
    """Give what each step of the way takes."""
    body = []
    for name in ("calibrate", "convert"):
        made = result["made"][name]
        body.append([f"snnconv {name}", f"{made['process_seconds']:.1f}", f"{made['peak_mb']:.0f}", "–"])
    for backend, found in result["simulated"].items():
        if "skipped" in found:
            body.append([f"simulate, {backend}", "not run", "–", "–"])
            continue
        synops = f"{found['synops_per_image'] / 1e6:,.0f}"
        body.append([f"simulate, {backend}", f"{found['seconds_per_image']:.1f}", f"{found['peak_mb']:.0f}", synops])
    size, steps = result["size"], result["steps"]
    title = (
        f"ResNet-50, {size}×{size}, random weights, T = {steps}, one thread; calibration on "
        f"{result['made']['calibration_images']} images, network {result['made']['network_mb']:.0f} MB:"
    )
    return [(title, ["", "seconds (simulate: per image)", "peak MB", "M SynOps/image"], body)]


def synops(result: list[dict[str, Any]]) -> list[Table]:
    """Give one row for each network, T and instruction set."""
    body = [
        [
            f"{case['network']}, T = {case['steps']}, {case['isa']}",
            _giga(case["synops_per_second"]),
            _giga(case["ceiling"]),
            _spread(case["of_ceiling"]),
            _spread(case["second_core"]),
            _spread(case["second_core_ceiling"]),
        ]
        for case in result
    ]
    header = [
        "",
        "G SynOps/s, one core",
        "ceiling, G/s",
        "share of the ceiling",
        "two threads against one",
        "the same for the ceiling",
    ]
    return [(f"Medians of {len(result[0]['rounds'])} rounds [min, max]:", header, body)]


def _giga(values: dict[str, float]) -> str:
    return _spread({name: value / 1e9 for name, value in values.items()})


def _spread(values: dict[str, float]) -> str:
    return f"{values['median']:.2f} [{values['min']:.2f}, {values['max']:.2f}]"


def startup(result: dict[str, Any]) -> list[Table]:
    """Give one row for each command."""
    body = [
        [f"`{name}`", *(f"{1000 * found[key]:.0f}" for key in ("median_s", "min_s", "max_s"))]
        for name, found in result["commands"].items()
    ]
    return [(f"Start-up, {result['rounds']} processes each:", ["", "median ms", "min", "max"], body)]


def calibration_time(result: dict[str, Any]) -> list[Table]:
    """Give one row for each round."""
    body = [
        [str(number), f"{found['onnxruntime_s']:.2f}", f"{found['calibrate_s']:.2f}", f"{ratio:.2f}"]
        for number, found in enumerate(result["rounds"], start=1)
        for ratio in [found["calibrate_s"] / found["onnxruntime_s"]]
    ]
    title = f"Calibration on {result['images']} images; median ratio {result['ratio']['median']:.2f}:"
    return [(title, ["round", "onnxruntime s", "calibrate s", "ratio"], body)]


def calibration_memory(result: dict[str, Any]) -> list[Table]:
    """Give one row for each data file and number of images."""
    body = [
        [name, samples, f"{peak:.0f}"] for name, found in result.items() for samples, peak in found["peak_mb"].items()
    ]
    return [("Calibration, peak memory of the process:", ["data", "images", "peak MB"], body)]


def exports(result: list[dict[str, Any]]) -> list[Table]:
    """Give a row for each exported model."""
    within = [row for row in result if "parity" in row]
    title = f"**{len(result)} models, {len(within)} within the limit.** Times and memory are those of whole processes."
    header = ["model", "family", "written by", "opset", "image", "parity error", "float32 error"]
    header += ["lowered", "check s", "convert s", "convert MB"]
    body = []
    for row in sorted(result, key=lambda row: (row["family"], row["file"])):
        parity = row.get("parity") or {}
        rounding = max((stage["largest_error"] for stage in parity.get("stages", ())), default=None)
        lowered = ", ".join(f"{count} {op}" for op, count in row.get("lowered", {}).items())
        times = [f"{row[name]['seconds']:.1f}" if name in row else "" for name in ("check", "convert")]
        body.append(
            [
                *(row["file"].removesuffix(".onnx"), row["family"], row["exported_by"], str(row["opset"])),
                "×".join(map(str, row["input"])),
                f"{parity['largest_error']:.1e}" if parity else f"over: {row.get('first_deviation', 'refused')}",
                "" if rounding is None else f"{rounding:.1e}",
                *(lowered or "none", *times, f"{row['convert']['peak_mb']:,}" if "convert" in row else ""),
            ]
        )
    return [(title, header, body)]


TABLES: dict[str, Callable[[dict[str, Any]], list[Table]]] = {
    "speed": speed,
    "exports": exports,
    "scaling": scaling,
    "resnet50": resnet50,
    "synops": synops,
    "startup": startup,
    "calibration_time": calibration_time,
    "calibration_memory": calibration_memory,
}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _line(fit: dict[str, Any] | None) -> str:
    if fit is None:
        return ""
    r2 = "–" if fit["r2"] is None else f"{fit['r2']:.4f}"
    return f", seconds = {fit['intercept_s']:.3g} + {fit['slope_s']:.3g} · {fit['x']}, R² = {r2}"
