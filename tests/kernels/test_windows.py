import pytest

from nntrain.kernels.windows import Window, window


def test_valid_takes_only_whole_windows():
    assert window((28, 29), 5).output_size((28, 29)) == (24, 25)
    assert window((7, 8), 3, 2).output_size((7, 8)) == (3, 3)


def test_a_number_pads_every_side():
    assert window((28, 28), 3, 1, 2).output_size((28, 28)) == (30, 30)
    assert window((28, 28), 3, 1, (0, 1)).padding == ((0, 0), (1, 1))


@pytest.mark.parametrize("n", range(1, 12))
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_gives_the_input_divided_by_the_stride_rounded_up(n, kernel, stride, dilation):
    w = window((n, n + 1), kernel, stride, "same", dilation)
    assert w.output_size((n, n + 1)) == (-(-n // stride), -(-(n + 1) // stride))
    assert all(0 <= after - before <= 1 for before, after in w.padding)


def test_the_odd_pixel_of_same_goes_to_the_end():
    assert window((4, 5), 2, 1, "same").padding == ((0, 1), (0, 1))
    assert window((4, 5), 3, 2, "same").padding == ((0, 1), (1, 1))


def test_a_kernel_larger_than_the_image_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="covers 5 rows, the padded input has only 4"):
        window((4, 9), 5).output_size((4, 9))
    with pytest.raises(ValueError, match="covers 5 columns"):
        window((9, 4), 3, dilation=2).output_size((9, 4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel": 0}, "kernel is at least 1, not 0"),
        ({"kernel": 3, "stride": (1, 0)}, "stride is at least 1"),
        ({"kernel": 3, "dilation": -1}, "dilation is at least 1"),
        ({"kernel": 3, "padding": -1}, "padding is at least 0"),
        ({"kernel": 3, "padding": "full"}, "'valid' or 'same', not 'full'"),
    ],
)
def test_impossible_geometry_is_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        window((8, 8), **arguments)


def test_the_origin_is_the_padding_before_the_image():
    assert Window((3, 3), padding=((1, 2), (3, 4))).origin == (-1, -3)
