"""Every kernel as the course writes it: loops over examples, steps and pixels, without tiles, threads or tricks.

These functions are read and tested, never run: they are far too slow for training, and too plain to be wrong.  Each
fast kernel is held to its reference by the tests, in float64 over random sizes; to see what a kernel computes, read
the reference first.

    naive_dense          the fully connected layer, and the look-up of symbols
    naive_convolution    convolution and transposed convolution
    naive_pooling        max and average pooling
    naive_normalization  batch and layer normalisation
    naive_cells          one step of rnn, lstm and gru
    naive_recurrence     those cells over whole sequences
    naive_attention      attention weights and what they gather; rotary positions
    naive_functions      activation functions, softmax, cross-entropy

Arrays are laid out as everywhere: the batch axis m is the last.  Backward functions return derivatives of the cost J by
every input, dX = ∂J/∂X, from dZ = ∂J/∂Z.
"""
