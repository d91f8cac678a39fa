"""Enlarging synaptic weights against propagation errors: W′ = W · ζ (Hu et al., Eq. 14)."""
