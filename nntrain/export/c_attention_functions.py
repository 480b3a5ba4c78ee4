"""Attention and patches as C99 functions; the words are those of c_functions."""

ATTENTION = {
    "attend": """
/* z_t = sum over s of v_s softmax(k_s . q_t / sqrt(d)), for each head of d features; q, k, v, z (T, units) */
static void attend(const real *q, const real *k, const real *v, real *z, real *weight_of, int T, int units, int heads,
                   int causal)
{
    const int d = units / heads;
    const real scale = 1 / SQRT((real)d);
    for (int h = 0; h < units; h += d)
        for (int t = 0; t < T; t++) {
            const int seen = causal ? t + 1 : T;
            real top = 0, sum = 0;
            for (int s = 0; s < seen; s++) {
                real score = 0;
                for (int i = h; i < h + d; i++)
                    score += k[s * units + i] * q[t * units + i];
                weight_of[s] = score * scale;
                top = s == 0 || weight_of[s] > top ? weight_of[s] : top;
            }
            for (int s = 0; s < seen; s++)
                sum += weight_of[s] = EXP(weight_of[s] - top);
            for (int i = h; i < h + d; i++) {
                real value = 0;
                for (int s = 0; s < seen; s++)
                    value += weight_of[s] * v[s * units + i];
                z[t * units + i] = value / sum;
            }
        }
}
""",
    "turn": """
/* features 2i and 2i + 1 of each head of d, turned by the angle of their step: cosines, then sines, (d / 2, T) */
static void turn(const real *angle, real *x, int steps, int T, int units, int d)
{
    for (int t = 0; t < steps; t++)
        for (int i = 0; i < units; i += 2) {
            const int at = i % d / 2 * T + t;
            const real a = x[t * units + i], b = x[t * units + i + 1], c = angle[at], s = angle[d / 2 * T + at];
            x[t * units + i] = a * c - b * s;
            x[t * units + i + 1] = a * s + b * c;
        }
}
""",
    "cut": """
/* x (C, H, width) as patches of down times across pixels, row by row: z (patches, C * down * across) */
static void cut(const real *x, real *z, int C, int H, int width, int down, int across)
{
    for (int i = 0; i < H; i += down)
        for (int j = 0; j < width; j += across)
            for (int c = 0; c < C; c++)
                for (int a = 0; a < down; a++)
                    for (int e = 0; e < across; e++)
                        *z++ = x[(c * H + i + a) * width + j + e];
}
""",
}
