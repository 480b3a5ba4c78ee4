"""Files that are whole or not there: atomic storage, the .npz archive, the checkpoint."""
