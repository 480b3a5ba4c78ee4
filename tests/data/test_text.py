"""text and names: streams that go on where the batch before ended, vocabularies, splits in order."""

import numpy as np
import pytest

from nntrain.data import Names, Text
from nntrain.data.loader import batches, evaluation_batches
from nntrain.data.vocabulary import UNKNOWN, Vocabulary, split
from nntrain.errors import DataError


def write(tmp_path, text, name="text.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def letters(count):
    """A text whose every character says where it stands."""
    return "".join(chr(0x4E00 + i) for i in range(count))


def shown(data, array):
    symbols = data.facts.text.symbols
    return ["".join(symbols[i] for i in column) for column in array.T]


def text(tmp_path, content, **options):
    settings = Text(write(tmp_path, content), **{"validation": 0.0, **options})
    return settings, settings.load(0, "float32")


def test_streams_go_on_from_batch_to_batch_and_targets_are_one_step_ahead(tmp_path):
    content = letters(32)
    settings, data = text(tmp_path, content, length=5, batch_size=2)
    part = data.parts["train"]
    found = list(batches(part, settings, 0, epoch=3))
    assert part.streams == 2
    assert [batch.resets for batch in found] == [True, False, False]
    assert ["".join(pieces) for pieces in zip(*(shown(data, b.X) for b in found), strict=True)] == [
        content[:15],
        content[15:30],
    ]
    assert ["".join(pieces) for pieces in zip(*(shown(data, b.Y) for b in found), strict=True)] == [
        content[1:16],
        content[16:31],
    ]
    resumed = list(batches(part, settings, 0, epoch=3, position=1))
    np.testing.assert_array_equal(resumed[0].X, found[1].X)
    assert not resumed[0].resets


@pytest.mark.parametrize(("symbols", "batch_size", "length"), [(101, 3, 7), (50, 16, 8), (12, 64, 5), (3, 1, 64)])
def test_evaluation_leaves_out_fewer_symbols_than_there_are_streams(tmp_path, symbols, batch_size, length):
    content = letters(200)
    settings = Text(
        write(tmp_path, content),
        length=length,
        batch_size=batch_size,
        validation=write(tmp_path, content[:symbols], "other.txt"),
    )
    part = settings.load(0, "float32").parts["validation"]
    targets = [batch.Y for batch in evaluation_batches(part, batch_size)]
    seen = np.concatenate([Y.ravel() for Y in targets])
    assert len(set(seen.tolist())) == len(seen)
    assert symbols - 1 - len(seen) < part.streams <= batch_size
    assert all(Y.shape[0] <= length and Y.shape[1] == part.streams for Y in targets)


def test_training_pieces_are_all_of_full_length(tmp_path):
    settings, data = text(tmp_path, letters(100), length=7, batch_size=4)
    assert {batch.X.shape for batch in batches(data.parts["train"], settings, 0, 0)} == {(7, 4)}


def test_a_text_too_short_for_all_streams_makes_fewer(tmp_path):
    settings, data = text(tmp_path, letters(25), length=8, batch_size=64)
    assert [batch.X.shape for batch in batches(data.parts["train"], settings, 0, 0)] == [(8, 3)]


def test_independent_pieces_are_shuffled_and_carry_nothing(tmp_path):
    content = letters(33)
    settings, data = text(tmp_path, content, length=4, batch_size=3, streams=False)
    part = data.parts["train"]
    found = list(batches(part, settings, 0, 0))
    assert part.streams == 0
    assert all(batch.resets for batch in found)
    pieces = [piece for batch in found for piece in shown(data, batch.X)]
    assert pieces != sorted(pieces)
    assert "".join(sorted(pieces)) == content[:32]


def test_random_windows_begin_anywhere_and_are_drawn_anew_every_epoch(tmp_path):
    content = letters(33)
    settings, data = text(tmp_path, content, length=4, batch_size=3, windows="random")
    part = data.parts["train"]
    epochs = [list(batches(part, settings, 5, epoch)) for epoch in range(60)]
    windows = [
        x + y[-1] for found in epochs for b in found for x, y in zip(shown(data, b.X), shown(data, b.Y), strict=True)
    ]
    assert {content.index(window) for window in windows} == set(range(33 - 4))
    assert all(window in content and len(window) == 5 for window in windows)
    assert part.streams == 0
    assert [len(found) for found in epochs[:2]] == [3, 3]
    assert shown(data, epochs[0][0].X) != shown(data, epochs[1][0].X)
    resumed = list(batches(part, settings, 5, 1, position=2))
    np.testing.assert_array_equal(resumed[0].X, epochs[1][2].X)
    assert shown(data, next(iter(batches(part, settings, 6, 0))).X) != shown(data, epochs[0][0].X)


def test_an_epoch_of_random_windows_has_every_symbol_about_once(tmp_path):
    _, data = text(tmp_path, letters(400), length=4, batch_size=3, windows="random")
    part = data.parts["train"]
    for epoch in range(5):
        starts = part.draws(1, epoch) - part.size
        times = np.bincount((starts[:, None] + np.arange(4)).ravel(), minlength=399)
        assert len(starts) == 100
        assert (times == 1).sum() >= 399 - 4 * 4  # where the round closes two windows may meet or miss each other
    assert not np.array_equal(np.sort(part.draws(1, 0)), np.sort(part.draws(1, 1)))


@pytest.mark.parametrize(("symbols", "length"), [(101, 7), (50, 8), (12, 5), (3, 64), (9, 8)])
def test_evaluation_of_windows_covers_every_symbol_once(tmp_path, symbols, length):
    content = letters(200)
    other = write(tmp_path, content[:symbols], "other.txt")
    settings = Text(write(tmp_path, content), length=length, windows="random", validation=other)
    data = settings.load(0, "float32")
    found = []
    for batch in evaluation_batches(data.parts["validation"], 4):
        lengths = np.full(batch.size, len(batch.Y)) if batch.lengths is None else batch.lengths
        found += [shown(data, batch.Y[:n, [j]])[0] for j, n in enumerate(lengths)]
    assert "".join(found) == content[1:symbols]


def test_parts_are_the_last_shares_in_order_and_the_vocabulary_is_the_training_parts(tmp_path):
    content = "abab" * 20 + "abcd" * 5
    _, data = text(tmp_path, content, length=4, batch_size=2, validation=0.1, test=0.1)
    assert data.facts.text.symbols == (UNKNOWN, "a", "b")
    assert data.facts.classes == data.facts.vocabulary == 3
    encoded = [data.parts[name].symbols for name in ("train", "validation", "test")]
    assert [len(symbols) for symbols in encoded] == [81, 9, 10]
    np.testing.assert_array_equal(
        np.concatenate(encoded), Vocabulary((UNKNOWN, "a", "b"), "characters").encode(content)
    )
    assert (encoded[2] == 0).sum() == 6


def test_a_checkpoints_vocabulary_stays_when_the_text_changes(tmp_path):
    _, data = text(tmp_path, "abc" * 10, length=4)
    other = Text(write(tmp_path, "cbxa" * 10, "b.txt"), length=4, validation=0.0).load(0, "float32", data.facts)
    assert other.facts is data.facts
    assert other.parts["train"].symbols[:4].tolist() == [3, 2, 0, 1]
    assert other.sha256 != data.sha256


def test_words_signs_and_line_breaks_are_symbols():
    words = split("Don't stop,\nwell-known (she said)!", "words")
    assert words == ["Don't", "stop", ",", "\n", "well-known", "(", "she", "said", ")", "!"]
    known = Vocabulary.fit(words, "words")
    back = "".join(known.joint(a, b) + b for a, b in zip(["", *words], words, strict=False))
    assert back == "Don't stop,\nwell-known (she said)!"


def test_a_limited_vocabulary_keeps_the_most_frequent():
    words = ["a", "b", "a", "c", "a", "b", "d"]
    known = Vocabulary.fit(words, "words", most=3)
    assert known.symbols == (UNKNOWN, "a", "b")
    assert known.encode(words).tolist() == [1, 2, 1, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "text.txt: error: the file is empty"),
        (b"ok\n\xff", "text.txt:2:1: error: not UTF-8 text"),
        (b"abc", "the train part has 3 symbols, fewer than 65; give a longer text or a smaller length"),
    ],
)
def test_a_text_that_cannot_be_learned_from_is_refused(tmp_path, content, message):
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        Text(tmp_path / "text.txt", validation=0.0).load(0, "float32")


def test_a_missing_text_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"gone.txt: error: No such file"):
        Text(tmp_path / "gone.txt").load(0, "float32")


def test_names_begin_and_end_with_a_line_break_and_are_padded_to_the_longest_of_the_batch(tmp_path):
    data = Names(write(tmp_path, "rose\nfir\r\n\n  elder \n"), validation=0.0).load(0, "float32")
    batch = data.parts["train"].batch(np.array([1, 0]))
    assert batch.lengths.tolist() == [4, 5]
    assert shown(data, batch.X) == ["\nfir" + UNKNOWN, "\nrose"]
    assert shown(data, batch.Y) == ["fir\n" + UNKNOWN, "rose\n"]
    assert data.facts.input_shape == (6,)
    assert data.parts["train"].size == 3


def test_names_are_divided_by_the_seed(tmp_path):
    path = write(tmp_path, "\n".join(f"name{i}" for i in range(50)))
    data = Names(path, validation=0.2, test=0.1).load(0, "float32")
    assert [data.parts[part].size for part in ("train", "validation", "test")] == [36, 9, 5]
