"""Layers with int8 weights and inputs as C99 functions: sums of whole numbers; the words are those of c_functions."""

INT8 = {
    "whole": """
/* x / scale to the nearest whole number between -127 and 127; in 16 bits, which processors multiply faster than 8 */
static void whole(const real *x, int16_t *q, real inverse, int n)
{
    for (int i = 0; i < n; i++) {
        const real v = x[i] * inverse;
        q[i] = (int16_t)(v >= 127 ? 127 : v > -127 ? v + (v < 0 ? -(real)0.5 : (real)0.5) : -127);
    }
}
""",
    "dot_int8": """
static int32_t dot_int8(const int8_t *w, const int16_t *q, int n)
{
    int32_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += w[i] * q[i];
    return sum;
}
""",
    "dense_int8": """
/* z_t = W x_t + b at T steps; q has room for x */
static void dense_int8(const int8_t *W, const real *W_scale, const real *b, const real *x, real *z, int T, int n_y,
                       int n_x, real scale, real inverse, int16_t *q)
{
    whole(x, q, inverse, T * n_x);
    for (int t = 0; t < T; t++)
        for (int i = 0; i < n_y; i++)
            z[t * n_y + i] = (real)dot_int8(W + i * n_x, q + t * n_x, n_x) * (W_scale[i] * scale) + (b ? b[i] : 0);
}
""",
    "conv2d_int8": """
/* conv2d, every patch of the image beside a filter's weights; q has room for x and a patch */
static void conv2d_int8(const int8_t *W, const real *W_scale, const real *b, const real *x, real *z, const int *size,
                        real scale, real inverse, int16_t *q)
{
    const int C = size[0], H = size[1], width = size[2], F = size[3], rows = size[4], columns = size[5];
    const int kh = size[6], kw = size[7], sh = size[8], sw = size[9], top = size[10], left = size[11];
    const int dh = size[12], dw = size[13], groups = size[14], c_in = C / groups, f_out = F / groups;
    int16_t *patch = q + C * H * width;
    whole(x, q, inverse, C * H * width);
    for (int at = 0; at < rows * columns * groups; at++) {
        const int g = at % groups, pixel = at / groups;
        const int y0 = pixel / columns * sh - top, k0 = pixel % columns * sw - left;
        int n = 0;
        for (int c = g * c_in; c < (g + 1) * c_in; c++)
            for (int y = y0; y < y0 + kh * dh; y += dh)
                for (int k = k0; k < k0 + kw * dw; k += dw)
                    patch[n++] = y >= 0 && y < H && k >= 0 && k < width ? q[(c * H + y) * width + k] : 0;
        for (int f = g * f_out; f < (g + 1) * f_out; f++)
            z[f * rows * columns + pixel]
                = (real)dot_int8(W + f * n, patch, n) * (W_scale[f] * scale) + (b ? b[f] : 0);
    }
}
""",
    "conv1d_int8": """
/* conv1d, every patch of the sequence beside a filter's weights; q has room for x and a patch */
static void conv1d_int8(const int8_t *W, const real *W_scale, const real *b, const real *x, real *z, int T, int steps,
                        int before, const int *size, real scale, real inverse, int16_t *q)
{
    const int n_x = size[0], F = size[1], kernel = size[2], stride = size[3], dilation = size[4], groups = size[5];
    const int c_in = n_x / groups, f_out = F / groups;
    int16_t *patch = q + T * n_x;
    whole(x, q, inverse, T * n_x);
    for (int at = 0; at < steps * groups; at++) {
        const int g = at % groups, i = at / groups, t0 = i * stride - before;
        int n = 0;
        for (int c = g * c_in; c < (g + 1) * c_in; c++)
            for (int t = t0; t < t0 + kernel * dilation; t += dilation)
                patch[n++] = t >= 0 && t < T ? q[t * n_x + c] : 0;
        for (int f = g * f_out; f < (g + 1) * f_out; f++)
            z[i * F + f] = (real)dot_int8(W + f * n, patch, n) * (W_scale[f] * scale) + (b ? b[f] : 0);
    }
}
""",
}
