"""What is wrong with a config: gradient check, one batch learned by heart, the learning-rate range test."""
