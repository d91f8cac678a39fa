#!/bin/sh
# The main job on the sample model: from the ONNX file to the energy report. Run it from the project's root.
set -eu
here=sample_models
out=demo_run
mkdir -p "$out"
run() {
    printf '\n$ %s\n' "$*"
    "$@"
}
run snnconv calibrate $here/digits_resnet.onnx --data $here/digits_calibration.npz \
    --scale 16 --mean 0.5 --std 0.5 -o $out/digits.calib
run snnconv convert $here/digits_resnet.onnx --calibration $out/digits.calib --data $here/digits_calibration.npz -o $out/digits.snn
run snnconv simulate $out/digits.snn --data $here/digits_test.npz --reference $here/digits_resnet.onnx -o $out/run --overwrite
run snnconv report $out/run --energy --html $out/report.html
