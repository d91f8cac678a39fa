"""What a train of spikes stands for, one code in a file."""
