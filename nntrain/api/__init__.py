"""What a Python program calls: nntrain.fit, nntrain.resume, nntrain.load."""
