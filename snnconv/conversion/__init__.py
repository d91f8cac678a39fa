"""Graph + Calibration -> SpikingNetwork: scale propagation, exact sums, parity; one file per method."""
