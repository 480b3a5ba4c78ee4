"""Layers for images as C99 functions, and conv1d; the words are those of c_functions."""

IMAGES = {
    "conv2d": """
/* z = W * x + b; sizes: C, H, width, F, H', width', kernel, stride, top and left padding, dilation, groups */
static void conv2d(const weight *W@S(W), const real *b, const real *x, real *z, const int *size)
{
    const int C = size[0], H = size[1], width = size[2], F = size[3], rows = size[4], columns = size[5];
    const int kh = size[6], kw = size[7], sh = size[8], sw = size[9], top = size[10], left = size[11];
    const int dh = size[12], dw = size[13], groups = size[14], c_in = C / groups;
    for (int f = 0; f < F; f++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                real sum = 0;
                for (int c = 0; c < c_in; c++)
                    for (int a = 0; a < kh; a++) {
                        const int y = i * sh + a * dh - top;
                        if (y < 0 || y >= H)
                            continue;
                        for (int e = 0; e < kw; e++) {
                            const int q = j * sw + e * dw - left;
                            if (q >= 0 && q < width)
                                sum += W[((f * c_in + c) * kh + a) * kw + e]
                                       * x[((f / (F / groups) * c_in + c) * H + y) * width + q];
                        }
                    }
                z[(f * rows + i) * columns + j] = sum@F(W, f) + (b ? b[f] : 0);
            }
}
""",
    "conv1d": """
/* conv2d along T steps, with `before` zeros before them; size: n_x, F, kernel, stride, dilation, groups */
static void conv1d(const weight *W@S(W), const real *b, const real *x, real *z, int T, int steps, int before,
                   const int *size)
{
    const int n_x = size[0], F = size[1], kernel = size[2], stride = size[3], dilation = size[4], groups = size[5];
    const int c_in = n_x / groups;
    for (int i = 0; i < steps; i++)
        for (int f = 0; f < F; f++) {
            real sum = 0;
            for (int a = 0; a < kernel; a++) {
                const int t = i * stride + a * dilation - before;
                for (int c = 0; t >= 0 && t < T && c < c_in; c++)
                    sum += W[(f * c_in + c) * kernel + a] * x[t * n_x + f / (F / groups) * c_in + c];
            }
            z[i * F + f] = sum@F(W, f) + (b ? b[f] : 0);
        }
}
""",
    "positions": """
/* how many steps conv1d makes of T, at least one; around: zeros at both ends; extent: steps that a filter spans */
static int positions(int T, int around, int extent, int stride)
{
    return T + around > extent ? (T + around - extent) / stride + 1 : 1;
}
""",
    "zeros_before": """
/* how many zeros `same` has before T steps */
static int zeros_before(int T, int extent, int stride)
{
    const int zeros = ((T - 1) / stride) * stride + extent - T;
    return zeros > 0 ? zeros / 2 : 0;
}
""",
    "conv_transpose2d": """
/* the dX of a convolution taken at x, plus b; sizes as in conv2d, C, H, width being those of x */
static void conv_transpose2d(const weight *W@S(W), const real *b, const real *x, real *z, const int *size)
{
    const int C = size[0], H = size[1], width = size[2], F = size[3], rows = size[4], columns = size[5];
    const int kh = size[6], kw = size[7], sh = size[8], sw = size[9], top = size[10], left = size[11];
    const int dh = size[12], dw = size[13], groups = size[14], f_out = F / groups;
    for (int i = 0; i < F * rows * columns; i++)
        z[i] = b ? b[i / (rows * columns)] : 0;
    for (int c = 0; c < C; c++)
        for (int i = 0; i < H * width; i++) {
            const real value = x[c * H * width + i]@F(W, c);
            for (int f = 0; f < f_out; f++)
                for (int a = 0; a < kh; a++)
                    for (int e = 0; e < kw; e++) {
                        const int y = i / width * sh + a * dh - top, q = i % width * sw + e * dw - left;
                        if (y >= 0 && y < rows && q >= 0 && q < columns)
                            z[((c / (C / groups) * f_out + f) * rows + y) * columns + q]
                                += W[((c * f_out + f) * kh + a) * kw + e] * value;
                    }
        }
}
""",
    "pool2d": """
/* the maximum of each window, or its mean, padding counting as zeros; sizes as in conv2d, F being C */
static void pool2d(const real *x, real *z, const int *size, int mean)
{
    const int C = size[0], H = size[1], width = size[2], rows = size[4], columns = size[5];
    const int kh = size[6], kw = size[7], sh = size[8], sw = size[9], top = size[10], left = size[11];
    for (int c = 0; c < C; c++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                real sum = 0, largest = -HUGE_VAL;
                for (int y = i * sh - top; y < i * sh - top + kh; y++)
                    for (int q = j * sw - left; q < j * sw - left + kw; q++)
                        if (y >= 0 && y < H && q >= 0 && q < width) {
                            const real value = x[(c * H + y) * width + q];
                            sum += value;
                            largest = value > largest ? value : largest;
                        }
                z[(c * rows + i) * columns + j] = mean ? sum / (kh * kw) : largest;
            }
}
""",
    "over_all": """
/* the mean or the maximum of `count` numbers, for each of n features: x[i * step + k * next] */
static void over_all(const real *x, real *z, int n, int count, int step, int next, int mean)
{
    for (int i = 0; i < n; i++) {
        real sum = 0, largest = x[i * step];
        for (int k = 0; k < count; k++) {
            const real value = x[i * step + k * next];
            sum += value;
            largest = value > largest ? value : largest;
        }
        z[i] = mean ? sum / count : largest;
    }
}
""",
    "upsample2d": """
static void upsample2d(const real *x, real *z, int C, int H, int width, int down, int across)
{
    for (int c = 0; c < C; c++)
        for (int i = 0; i < H * down; i++)
            for (int j = 0; j < width * across; j++)
                z[(c * H * down + i) * width * across + j] = x[(c * H + i / down) * width + j / across];
}
""",
    "pad2d": """
static void pad2d(const real *x, real *z, int C, int H, int width, int rows, int columns, int top, int left)
{
    for (int c = 0; c < C; c++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                const int y = i - top, q = j - left;
                const int inside = y >= 0 && y < H && q >= 0 && q < width;
                z[(c * rows + i) * columns + j] = inside ? x[(c * H + y) * width + q] : 0;
            }
}
""",
}
