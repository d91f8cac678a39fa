"""The spiking IR: ``SpikingNetwork``, its nodes, its file and its versions."""
