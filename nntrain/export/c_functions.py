"""Layers as C99 functions of one example, and the words that stand for the kind of numbers.

An example is what nntrain has without the batch axis, row by row: (n), (T, n), (C, H, W).  `real` is float or double,
`weight` real or int8_t.  @S, @(i) and @, stand for what int8 weights need beside them: a parameter with the scale of
each row, and the factor of row i; without int8 they are nothing.
"""

import re

from nntrain.export.c_attention_functions import ATTENTION
from nntrain.export.c_image_functions import IMAGES
from nntrain.export.c_int8_functions import INT8

FUNCTIONS = {
    "dot": """
static real dot(const weight *w, const real *x, int n)
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += w[i] * x[i];
    return sum;
}
""",
    "dense": """
/* z_t = W x_t + b at T steps */
static void dense(const weight *W@S(W), const real *b, const real *x, real *z, int T, int n_y, int n_x)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < n_y; i++)
            z[t * n_y + i] = dot(W + i * n_x, x + t * n_x, n_x)@F(W, i) + (b ? b[i] : 0);
}
""",
    "tied": """
/* z_t = W^T x_t at T steps, W (n, k) */
static void tied(const weight *W@S(W), const real *x, real *z, int T, int n, int k)
{
    for (int t = 0; t < T; t++)
        for (int j = 0; j < k; j++) {
            real sum = 0;
            for (int i = 0; i < n; i++)
                sum += W[i * k + j]@F(W, i) * x[t * n + i];
            z[t * k + j] = sum;
        }
}
""",
    "embedding": """
/* the column of W (n, vocabulary) for every symbol */
static void embedding(const weight *W@S(W), const int *x, real *z, int T, int n, int vocabulary)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < n; i++)
            z[t * n + i] = W[i * vocabulary + x[t]]@F(W, i);
}
""",
    "scale_shift": """
/* z = scale x + shift, a number for each of n features: x (outer, n, inner) */
static void scale_shift(const real *scale, const real *shift, const real *x, real *z, int outer, int n, int inner)
{
    for (int i = 0; i < outer * n * inner; i++) {
        const int f = i / inner % n;
        z[i] = (scale ? scale[f] * x[i] : x[i]) + shift[f];
    }
}
""",
    "normalise": """
/* gamma (x - mean) / sqrt(mean((x - mean)^2) + epsilon) + beta of n * inner numbers; mean 0 where not centred */
static void normalise(const real *gamma, const real *beta, real epsilon, int centred, const real *x, real *z,
                      int outer, int n, int inner)
{
    const int count = n * inner;
    for (int o = 0; o < outer; o++, x += count, z += count) {
        real mean = 0, square = 0;
        for (int i = 0; centred && i < count; i++)
            mean += x[i] / count;
        for (int i = 0; i < count; i++)
            square += (x[i] - mean) * (x[i] - mean) / count;
        const real r = 1 / SQRT(square + epsilon);
        for (int i = 0; i < count; i++)
            z[i] = gamma[i / inner] * (x[i] - mean) * r + (beta ? beta[i / inner] : 0);
    }
}
""",
    "softmax": """
/* e^z / sum e^z over n features of x (outer, n, inner) */
static void softmax(const real *x, real *z, int outer, int n, int inner)
{
    for (int o = 0; o < outer; o++)
        for (int k = 0; k < inner; k++) {
            const int at = o * n * inner + k;
            real top = x[at], sum = 0;
            for (int i = 1; i < n; i++)
                top = x[at + i * inner] > top ? x[at + i * inner] : top;
            for (int i = 0; i < n; i++)
                sum += z[at + i * inner] = EXP(x[at + i * inner] - top);
            for (int i = 0; i < n; i++)
                z[at + i * inner] /= sum;
        }
}
""",
    "rnn": """
/* a_t = tanh(W x_t + U a_{t-1} + b), into columns from `at` on of rows of `width`, or the last one alone */
static void rnn(const weight *W@S(W), const weight *U@S(U), const real *b, const real *x, real *z, real *work,
                int T, int n_x, int n, int reverse, int last, int width, int at)
{
    real *a = work, *g = work + n;
    for (int i = 0; i < n; i++)
        a[i] = 0;
    for (int k = 0; k < T; k++) {
        const int t = reverse ? T - 1 - k : k;
        for (int i = 0; i < n; i++)
            g[i] = dot(W + i * n_x, x + t * n_x, n_x)@F(W, i) + dot(U + i * n, a, n)@F(U, i) + b[i];
        for (int i = 0; i < n; i++) {
            a[i] = TANH(g[i]);
            z[(last ? 0 : t * width) + at + i] = a[i];
        }
    }
}
""",
    "lstm": """
/* c_t = G_u c~ + G_f c_{t-1}, a_t = G_o tanh(c_t); rows of gates: update, forget, output, candidate */
static void lstm(const weight *W@S(W), const weight *U@S(U), const real *b, const real *x, real *z, real *work,
                 int T, int n_x, int n, int reverse, int last, int width, int at)
{
    real *a = work, *c = work + n, *g = work + 2 * n;
    for (int i = 0; i < 2 * n; i++)
        a[i] = 0;
    for (int k = 0; k < T; k++) {
        const int t = reverse ? T - 1 - k : k;
        for (int i = 0; i < 4 * n; i++)
            g[i] = dot(W + i * n_x, x + t * n_x, n_x)@F(W, i) + dot(U + i * n, a, n)@F(U, i) + b[i];
        for (int i = 0; i < n; i++) {
            const real update = 1 / (1 + EXP(-g[i])), forget = 1 / (1 + EXP(-g[n + i]));
            c[i] = update * TANH(g[3 * n + i]) + forget * c[i];
            a[i] = TANH(c[i]) / (1 + EXP(-g[2 * n + i]));
            z[(last ? 0 : t * width) + at + i] = a[i];
        }
    }
}
""",
    "gru": """
/* a_t = (1 - G_u) c~ + G_u a_{t-1}, c~ = tanh(W_c x + b_c + G_r (U_c a + d_c)); rows: reset, update, candidate */
static void gru(const weight *W@S(W), const weight *U@S(U), const real *b, const real *d, const real *x, real *z,
                real *work, int T, int n_x, int n, int reverse, int last, int width, int at)
{
    real *a = work, *g = work + n, *h = work + 4 * n;
    for (int i = 0; i < n; i++)
        a[i] = 0;
    for (int k = 0; k < T; k++) {
        const int t = reverse ? T - 1 - k : k;
        for (int i = 0; i < 3 * n; i++) {
            g[i] = dot(W + i * n_x, x + t * n_x, n_x)@F(W, i) + b[i];
            h[i] = dot(U + i * n, a, n)@F(U, i) + d[i];
        }
        for (int i = 0; i < n; i++) {
            const real reset = 1 / (1 + EXP(-g[i] - h[i])), update = 1 / (1 + EXP(-g[n + i] - h[n + i]));
            const real candidate = TANH(g[2 * n + i] + reset * h[2 * n + i]);
            a[i] = candidate + update * (a[i] - candidate);
            z[(last ? 0 : t * width) + at + i] = a[i];
        }
    }
}
""",
    "add": """
static void add(const real *x, const real *y, real *z, int n)
{
    for (int i = 0; i < n; i++)
        z[i] = x[i] + y[i];
}
""",
    "filled": """
/* the first `count` numbers of x, then zeros */
static void filled(const real *x, real *z, int count, int n)
{
    for (int i = 0; i < n; i++)
        z[i] = i < count ? x[i] : 0;
}
""",
    "place": """
/* x (outer, n) into columns from `at` on of z (outer, width) */
static void place(const real *x, real *z, int outer, int n, int width, int at)
{
    for (int i = 0; i < outer * n; i++)
        z[i / n * width + at + i % n] = x[i];
}
""",
    "multiply": """
/* z (outer, n, inner) times x: of its shape, or (n) with a factor for each feature */
static void multiply(const real *x, real *z, int outer, int n, int inner, int is_vector)
{
    for (int i = 0; i < outer * n * inner; i++)
        z[i] *= x[is_vector ? i / inner % n : i];
}
""",
}

ELEMENTWISE = """
static void {name}(const real *x, real *z, int n)
{{
    for (int i = 0; i < n; i++)
        z[i] = {formula};
}}
"""

NEEDS = {
    **dict.fromkeys(("dense", "rnn", "lstm", "gru"), ("dot",)),
    **dict.fromkeys(INT8, ("whole", "dot_int8")),
    "whole": (),
    "dot_int8": (),
}


def text(name: str, int8: bool) -> str:
    """A function, with or without the scales of int8 weights."""
    code = {**FUNCTIONS, **IMAGES, **ATTENTION, **INT8}[name]
    code = re.sub(r"@S\((\w)\)", r", const real *\1_scale" if int8 else "", code)
    return re.sub(r"@F\((\w), (\w)\)", r" * \1_scale[\2]" if int8 else "", code)
