#!/bin/sh
# Builds the packages, installs them away from the source tree, and uses them: once with the kernel, once where no C
# compiler works. Run it from the project's root. It takes some minutes, and pip fetches what the package needs.
set -eu
root=$(pwd)
python=${PYTHON:-$root/.venv/bin/python}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf 'packaging: %s\n' "$*" >&2
    exit 1
}

# clean NAME PACKAGE...: a new environment with these packages and what they need
clean() {
    name=$1
    shift
    "$python" -m venv "$scratch/$name"
    "$scratch/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# job NAME OPTION...: the main job on the sample model; the run is left in the folder NAME-run
job() {
    name=$1
    shift
    snnconv="$scratch/$name/bin/snnconv"
    samples="$root/sample_models"
    "$snnconv" -h >/dev/null
    "$snnconv" calibrate "$samples/digits_resnet.onnx" --data "$samples/digits_calibration.npz" --scale 16 \
        --mean 0.5 --std 0.5 --samples 100 -q -o "$name.calib" >/dev/null
    "$snnconv" convert "$samples/digits_resnet.onnx" --calibration "$name.calib" --steps 32 -q -o "$name.snn" \
        >/dev/null
    "$snnconv" simulate "$name.snn" --data "$samples/digits_test.npz" --limit 50 -o "$name-run" "$@"
}

# ran NAME BACKEND: the run was made by this backend
ran() { grep -q "\"backend\": *\"$2\"" "$1-run/summary.json" || fail "$1 ran with another backend than $2"; }

say "source archive and wheel"
mkdir "$scratch/tree" "$scratch/away"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --ignore-failed-read | tar -x -C "$scratch/tree"
clean build "setuptools>=77"
cd "$scratch/tree"
"$scratch/build/bin/python" -c "import setuptools.build_meta as b; b.build_sdist('dist')" >"$scratch/sdist.log" 2>&1 ||
    { cat "$scratch/sdist.log"; fail "no source archive was made"; }
cd "$scratch/away"
"$scratch/build/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w "$scratch/dist" \
    "$scratch"/tree/dist/*.tar.gz
ls "$scratch/tree/dist" "$scratch/dist"
# what the build left in the tree is no part of it
rm -rf "$scratch"/tree/*.egg-info
"$python" "$root/tests/packaging/archives.py" "$scratch/tree" "$scratch"/tree/dist/*.tar.gz "$scratch"/dist/*.whl ||
    fail "the archives are not as they should be"

say "the wheel, with the kernel"
clean with "$scratch"/dist/*.whl
"$scratch/with/bin/python" -c "
import pathlib, snnconv
assert pathlib.Path('$scratch') in pathlib.Path(snnconv.__file__).parents, snnconv.__file__
from snnconv.runtime.event.isa import instruction_sets
print(*instruction_sets())"
job with --backend event
ran with event

say "the source archive, where no C compiler works"
CC=/bin/false clean without "$scratch"/tree/dist/*.tar.gz pytest
"$scratch/without/bin/python" -c "
from snnconv.runtime.event.isa import is_built
assert not is_built()"
job without 2>messages
cat messages
ran without numpy
[ "$(grep -c kernel messages)" -eq 1 ] || fail "expected one line about the kernel"
grep kernel messages | grep -q "without a C compiler.*NumPy" || fail "expected why, and that it runs in NumPy"
code=0
"$scratch/without/bin/snnconv" simulate without.snn --data "$root/sample_models/digits_test.npz" --backend event \
    -o refused 2>messages || code=$?
cat messages
[ "$code" -eq 3 ] || fail "--backend event exits with $code, expected 3"
[ "$(wc -l <messages)" -eq 1 ] || fail "expected one line"
[ ! -e refused ] || fail "a run that was refused left a folder"
for field in spikes_per_image accuracy; do
    for name in with without; do
        "$python" -c "import json; print(json.load(open('$name-run/summary.json'))['$field'])" >"$name.$field"
    done
    cmp "with.$field" "without.$field" || fail "$field is another without the kernel"
done

say "the tests of the runtime on that installation"
# the tests without the package beside them: what they import is what was installed
rm -r "$scratch/tree/snnconv"
cd "$scratch/tree"
"$scratch/without/bin/python" -m pytest -q -rs -p no:cacheprovider tests/runtime

say "all is well"
