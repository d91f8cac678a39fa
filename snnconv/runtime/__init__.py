"""SpikingNetwork + input -> Recording: the time loop, one file per node kind. Counts are made here."""
