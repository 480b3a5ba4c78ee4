"""What a checkpoint alone can do: evaluate, predict, draw examples, write text."""
