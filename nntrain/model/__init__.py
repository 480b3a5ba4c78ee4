"""What a network is: the contract of a layer, parameters in one flat vector, initial values, the network itself."""
