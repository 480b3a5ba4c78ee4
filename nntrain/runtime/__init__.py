"""What a run asks of the machine: threads, keyed random streams, signals, memory."""
