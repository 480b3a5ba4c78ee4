"""The same training as configs/digits_mlp.yaml in a minimal PyTorch script: the peer of bench_process.py."""

import sys

import numpy as np
import torch

epochs = int(sys.argv[2])
torch.set_num_threads(int(sys.argv[3]))
torch.manual_seed(0)
data = np.load(sys.argv[1])
X = torch.tensor(data["images"].reshape(-1, 64) / 16.0, dtype=torch.float32)
y = torch.tensor(data["labels"].astype(np.int64))
order = torch.randperm(len(X))
train, validation = order[: int(0.72 * len(X))], order[int(0.72 * len(X)) : int(0.8 * len(X))]
model = torch.nn.Sequential(
    torch.nn.Linear(64, 64),
    torch.nn.ReLU(),
    torch.nn.Dropout(0.2),
    torch.nn.Linear(64, 32),
    torch.nn.ReLU(),
    torch.nn.Linear(32, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
steps = -(-len(train) // 32) * epochs
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
cost = torch.nn.CrossEntropyLoss()
for _ in range(epochs):
    model.train()
    for batch in train[torch.randperm(len(train))].split(32):
        optimizer.zero_grad()
        cost(model(X[batch]), y[batch]).backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        Z = model(X[validation])
        print(float(cost(Z, y[validation])), float((Z.argmax(1) == y[validation]).float().mean()), file=sys.stderr)
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, sys.argv[4])
