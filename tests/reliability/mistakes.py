"""Deliberate mistakes in nntrain, each one that a trainer of this field has made: the proofs must catch them."""

import os
import time

import numpy as np

from nntrain.files import checkpoint, storage
from nntrain.layers.dropout import Dropout
from nntrain.runs import Run
from nntrain.runs.log import Log
from nntrain.training.engine import Engine
from nntrain.training.supervised import SupervisedTrainer


def forgets_optimizer():
    restore = Engine.restore

    def wrong(self, saved):
        slots = {name: a.copy() for name, a in self.trainer.arrays().items() if name.startswith("optimizer/")}
        restore(self, saved)
        for name, array in slots.items():
            self.trainer.arrays()[name][...] = array

    Engine.restore = wrong


def forgets_schedule():
    restore = SupervisedTrainer.restore_with

    def wrong(self, saved, sums):
        restore(self, saved, sums)
        self.schedule_state = self.schedule.start()

    SupervisedTrainer.restore_with = wrong


def forgets_sums():
    restore = SupervisedTrainer.restore_with

    def wrong(self, saved, sums):
        restore(self, saved, sums)
        self.reset()

    SupervisedTrainer.restore_with = wrong


def forgets_patience():
    restore = Engine.restore

    def wrong(self, saved):
        restore(self, saved)
        self.monitor.waited = 0

    Engine.restore = wrong


def forgets_buffers():
    restore = Engine.restore

    def wrong(self, saved):
        buffers = [n.buffers.copy() for n in self.trainer.networks.values()]
        restore(self, saved)
        for network, buffer in zip(self.trainer.networks.values(), buffers, strict=True):
            network.buffers[...] = buffer

    Engine.restore = wrong


def carries_random_state():
    """Dropout from a generator that lives as long as the process, as in the frameworks."""
    generator = np.random.default_rng(0)

    def forward(self, p, X, context):
        if not context.training:
            return X, None
        mask = ((generator.random(X.shape) >= self.rate) / (1 - self.rate)).astype(X.dtype)
        return X * mask, mask

    Dropout.forward = forward
    Dropout.backward = lambda self, p, g, dZ, mask: dZ * mask


def keeps_all_lines():
    Log.truncate = lambda self, lines: None


def writes_over_the_file():
    def careless(path, chunks, durable=True):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for chunk in chunks:
            storage.write_all(descriptor, chunk)
        os.close(descriptor)

    storage.write_atomic = careless


def saves_the_clock():
    manifest = Engine.manifest
    Engine.manifest = lambda self: {**manifest(self), "saved": time.time()}


def takes_the_newest_by_time():
    def newest(self):
        present = [path for path in (self.last, self.best) if path.exists()]
        path = max(present, key=lambda path: path.stat().st_mtime, default=None)
        return (checkpoint.read(path) if path else None), []

    Run.newest_checkpoint = newest
