"""What a network costs by its shape: fan-out, dense operations, pools, biases, layers."""
