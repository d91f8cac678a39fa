"""What an observation is made of: rates of neurons, their pictures, and the steps of one image."""
