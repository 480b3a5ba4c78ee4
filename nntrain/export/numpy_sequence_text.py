"""The fixed parts of a NumPy program whose sequences have lengths."""

SCORES = '''
def scores(x, lengths=None):
    """The outputs of the last layer, (m, …); lengths (m,) are the steps that count, all where it is not given."""
    return np.moveaxis(outputs(x, lengths), -1, 0)


def outputs(x, lengths=None):
    """The same with the batch axis last, {batch} examples at a time."""
    x = np.asarray(x)
    lengths = np.full(len(x), x.shape[1]) if lengths is None else np.asarray(lengths, np.int64)
    counts = np.arange(x.shape[1]) < lengths[:, None]
    x = np.where(counts.reshape(*counts.shape, *[1] * (x.ndim - 2)), x, x.dtype.type(0))
    with np.errstate(all="ignore"):
        parts = [network(prepare(x[i : i + {batch}]), lengths[i : i + {batch}]) for i in range(0, len(x), {batch})]
    return np.concatenate(parts, axis=-1)
'''

READ_ARRAY = '''
def read(path):
    """The array of an .npy file; or of an .npz file the one that the network was trained on, and its lengths."""
    if not path.endswith((".npy", ".npz")):
        rows = read_csv(path)
        rows = rows if all(map(is_number, rows[0])) else rows[1:]
        return np.array([[float(cell) for cell in row] for row in rows]).reshape(-1, *SHAPE), None
    x, lengths = np.load(path), None
    if path.endswith(".npz"):
        lengths = x[LENGTHS] if LENGTHS in x.files else None
        x = x[ARRAY if ARRAY in x.files else x.files[0]]
    return x, lengths
'''

READ_TEXTS = '''
def read(path):
    """Texts as symbols (m, T) and their lengths: a .csv with the column of texts, or with one column; or lines."""
    if path.endswith((".npy", ".npz")):
        given = np.load(path)
        return (given[ARRAY], given[LENGTHS]) if path.endswith(".npz") else (given, None)
    if path.lower().endswith(".csv"):
        texts = of_table(read_csv(path))
    else:
        with contextlib.nullcontext(sys.stdin) if path == "-" else open(path, encoding="utf-8-sig", newline="") as file:
            lines = file.read().splitlines()
        named = COLUMN is not None and COLUMN in lines[0].replace(";", ",").replace("\\t", ",").split(",")
        texts = of_table([*csv.reader(lines)]) if named else [line for line in lines if line.strip()]
    numbers = {symbol: number for number, symbol in enumerate(SYMBOLS)}
    symbols = [[numbers.get(symbol, 0) for symbol in split(text.strip(), LEVEL)][: SHAPE[0]] for text in texts]
    x = np.full((len(symbols), SHAPE[0]), SYMBOLS.index(PADDING))
    for row, one in zip(x, symbols):
        row[: len(one)] = one
    return x, np.array([len(one) for one in symbols])


def of_table(rows):
    """The column of texts, by its name or the only one."""
    if COLUMN is not None and COLUMN in rows[0]:
        return [row[rows[0].index(COLUMN)] for row in rows[1:]]
    if len(rows[0]) != 1:
        raise SystemExit(f"no column {COLUMN}")
    return [row[0] for row in rows]
'''

ENDS = """
    if lengths is not None:  # nothing stands past the end of a sequence
        counts = np.repeat(np.arange(x.shape[1]) < np.asarray(lengths)[:, None], Y.shape[1] // x.shape[1], axis=1)
        Y = np.where(counts, Y.astype(object), "")"""
