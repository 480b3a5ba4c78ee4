"""The fixed parts of a file that predicts with NumPy alone."""

HEAD = '''"""{name}: a network that nntrain trained, as a program that needs Python and NumPy and nothing else.

    python {file} INPUT [--probabilities]

prints what `nntrain predict` does, to the byte: INPUT is .npy, .npz, .csv, or - for csv on stdin, examples first.  From
Python: predict(x), {more} and scores(x), the outputs of the last layer; x has examples first, {shape} each.

`network` is the forward pass: examples are columns, the batch axis m is the last.  What it calls stands below, word for
word as in nntrain, so that sums are taken in the same order.
"""
'''

NUMPY = """import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")  # several threads of BLAS would round otherwise

import numpy as np
"""

PREPARE = {
    "symbols": '''
def prepare(x):
    """Symbols (m, T) -> (T, m)"""
    return np.moveaxis(np.asarray(x).astype(np.int64), 0, -1)
''',
    "numbers": '''
def prepare(x):
    """Examples (m, …) -> (…, m)"""
    x = np.asarray(x).astype(DTYPE)
    return np.ascontiguousarray(x.reshape(len(x), -1).T).reshape(*SHAPE, len(x))
''',
    "pixels": '''
def prepare(x):
    """Images (m, C, H, W), numbers in 0 … 1 or whole numbers times SCALE -> (C, H, W, m)"""
    x = np.asarray(x)
    x = x.astype(DTYPE) * DTYPE(SCALE) if x.dtype.kind in "iu" else x.astype(DTYPE)
    return np.ascontiguousarray(x.reshape(len(x), -1).T).reshape(*SHAPE, len(x))
''',
    "standardize": '''
def prepare(x):
    """(x − mean) / deviation, with the mean and deviation of the training data: (m, …) -> (…, m)"""
    x = np.asarray(x)
    scale = SCALE if x.dtype.kind in "iu" and SCALE else 1.0
    work = np.float64 if x.dtype.itemsize > 2 else DTYPE
    x = ((x - (MEAN / scale).astype(work)) * (scale / DEVIATION).astype(work)).astype(DTYPE)
    return np.ascontiguousarray(x.reshape(len(x), -1).T).reshape(*SHAPE, len(x))
''',
}

SCORES = '''
def scores(x):
    """The outputs of the last layer, (m, …)."""
    return np.moveaxis(outputs(x), -1, 0)


def outputs(x):
    """The same with the batch axis last, {batch} examples at a time."""
    x = np.asarray(x)
    with np.errstate(all="ignore"):
        return np.concatenate([network(prepare(x[i : i + {batch}])) for i in range(0, len(x), {batch})], axis=-1)
'''

ARGMAX = "Z.argmax(axis=-2)"
THRESHOLD = "np.greater(Z[..., 0, :], {threshold!r}).astype(np.intp)"

LABELS = '''
def predict(x{lengths}):
    """The label of every example, (m,), or of every step, (m, T)."""
    Z = outputs(x{handed})
    return np.asarray(LABELS)[np.moveaxis({decided}, -1, 0)]


def probabilities(x{lengths}):
    """The probability of every class, (m, classes), or of every step."""
    Z = outputs(x{handed})
    with np.errstate(all="ignore"):
        return np.moveaxis({probable}, -1, 0)
'''

PROBABLE = {
    ("softmax", False): "softmax(Z)",
    ("sigmoid", True): "sigmoid(np.concatenate([-Z, Z], axis=-2))",
    (None, True): "np.concatenate([1 - Z, Z], axis=-2)",
    (None, False): "Z",
    ("softmax", True): "np.concatenate([1 - softmax(Z), softmax(Z)], axis=-2)",
}

VALUES = '''
def predict(x{lengths}):
    """Values in the data's units, (m, n), or of every step, (m, T, n)."""
    Z = outputs(x{handed})
    with np.errstate(all="ignore"):
        Y = {activated}
        return np.moveaxis({in_units}, -1, 0)
'''
UNITS = "Y * TARGET_DEVIATION[:, None] + TARGET_MEAN[:, None]"

READ = {
    "table": '''
def read(path):
    """A table as the network takes it: numbers, one-hot categories."""
    if path.endswith((".npy", ".npz")):
        return read_array(path)
    rows = read_csv(path)
    names = [name for name, *_ in COLUMNS]
    if HEADER and set(names) <= set(rows[0]):
        places = [rows[0].index(name) for name in names]
        rows = rows[1:]
    else:
        places = list(range(len(COLUMNS)))
        for gone in [(), *BESIDE]:  # the columns of targets and weights may be absent
            if len(rows[0]) == WIDTH - len(gone):
                places = [at - sum(other < at for other in gone) for _, at, *_ in COLUMNS]
                break
        numbers = [rows[0][at] for at, (_, _, words, *_) in zip(places, COLUMNS) if words is None]
        rows = rows if all(is_number(cell) or is_missing(cell) for cell in numbers) else rows[1:]
    return np.concatenate([column([row[at] for row in rows], *rest) for at, (_, _, *rest) in zip(places, COLUMNS)], 1)


def column(cells, words, fill, unit):
    """One column as inputs (m, 1), or (m, words) one-hot."""
    if fill is None and any(map(is_missing, cells)):
        raise SystemExit("a value is missing, and the network was trained without such gaps")
    if words is None:
        return np.array([fill if is_missing(cell) else number(cell.replace(unit, "")) for cell in cells])[:, None]
    numbers = [fill if is_missing(cell) else place(cell, words) for cell in cells]
    return (np.array(numbers)[:, None] == np.arange(len(words))).astype(np.float64)


def place(cell, words):
    """The number of a word; one that the training data did not have is none of them, or refused."""
    if cell not in words and not IGNORES_UNKNOWN:
        raise SystemExit(f"{cell!r} is none of {', '.join(words)}")
    return words.index(cell) if cell in words else -1


def is_missing(cell):
    """Whether a cell stands for no value."""
    if MISSING is None:
        return cell.lower() in USUAL_MISSING
    return not cell or cell in MISSING or (is_number(cell) and number(cell) in map(float, filter(is_number, MISSING)))
''',
    "series": '''
def read(path):
    """The last rows of a series, as many as the network sees: (1, T, columns)."""
    if path.endswith((".npy", ".npz")):
        return read_array(path)
    rows = read_csv(path)
    named = set(COLUMNS) <= set(rows[0])
    places = [rows[0].index(name) for name in COLUMNS] if named else AT if len(rows[0]) != len(AT) else range(len(AT))
    rows = rows[1:] if named or not is_number(rows[0][places[0]]) else rows
    return np.array([[number(row[at]) for at in places] for row in rows[-SHAPE[0] :]])[None]
''',
    "array": '''
def read(path):
    """Examples first, (m, …); rows of numbers are shaped so."""
    if path.endswith((".npy", ".npz")):
        return read_array(path)
    rows = read_csv(path)
    rows = rows if all(map(is_number, rows[0])) else rows[1:]
    return np.array([[number(cell) for cell in row] for row in rows]).reshape(-1, *SHAPE)
''',
}

READ_ARRAY = '''
def read_array(path):
    """The array of an .npy file, or of an .npz file the one that the network was trained on, or its only one."""
    x = np.load(path)
    if path.endswith(".npz"):
        x = x[ARRAY if ARRAY in x.files else x.files[0]]
    return x.reshape(-1, *SHAPE) if x.ndim == 2 else x
'''

READ_CSV = '''
def read_csv(path):
    """The rows of a file, cells between commas, semicolons or tabs."""
    with contextlib.nullcontext(sys.stdin) if path == "-" else open(path, encoding="utf-8-sig", newline="") as file:
        text = file.read()
    delimiter = max(",;\\t", key=text.split("\\n")[0].count)
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]


def is_number(cell):
    """Whether a cell is a number."""
    try:
        return np.isfinite(float(cell.replace(THOUSANDS, "").replace(DECIMAL, ".")))
    except ValueError:
        return False


def number(cell):
    """The number that a cell holds."""
    if not is_number(cell):
        raise SystemExit(f"{cell!r} is no number")
    return float(cell.replace(THOUSANDS, "").replace(DECIMAL, "."))
'''

MAIN = '''
def main(arguments):
    """Print what `nntrain predict` prints."""
    paths = [a for a in arguments if a != "--probabilities"]
    if len(paths) != 1:
        raise SystemExit(f"usage: {{sys.argv[0]}} INPUT{flag}")
    {given} = read(paths[0])
    {choose}
    Y = Y.reshape(len(Y), -1){ends}
    if columns is None:
        columns = [name] if Y.shape[1] == 1 else [f"{{name}}_{{i}}" for i in range(Y.shape[1])]
    writer = csv.writer(sys.stdout, lineterminator="\\n")
    writer.writerow(columns)
    writer.writerows(Y.tolist())
'''
CHOOSE_LABELS = """if "--probabilities" in arguments:
        Y, name = probabilities({given}), "probability"
        columns = [str(label) for label in LABELS] if Y.ndim == 2 else None
    else:
        Y, name, columns = predict({given}), "prediction", None"""
CHOOSE_VALUES = 'Y, name, columns = predict({given}), "prediction", NAMES'

END = """

if __name__ == "__main__":
    main(sys.argv[1:])
"""
