/* cuBLASLt for tests: it computes column-major products as its layouts, transposes, strides, scales and epilogues say.
   Its ways are 100 to 105: the second is not to be used, the fifth needs factors at multiples of 16 bytes, the last adds
   parts of a sum as elements of the result; each needs a mebibyte more to work in than the one before. */
#include <math.h>

#include "fake.h"

typedef struct { int type; uint64_t rows, columns; int64_t leading; int32_t batch; int64_t stride; } layout;
typedef struct { int compute, scale, transposed[2]; uint32_t epilogue; pointer bias; } product;
typedef struct { uint64_t workspace; uint32_t alignments[4], reductions; } preference;
typedef struct { uint64_t algorithm[8]; size_t workspace; int state; float waves; int reserved[4]; } way;
typedef struct { product of; layout four[4]; pointer at[4]; float alpha, beta; } multiplying;

enum { F32 = 0, F16 = 2, BF16 = 14 };
enum { RELU = 2, BIAS = 4, GELU = 32 };

/* Numbers. */

static float as_float(uint32_t bits) {
    float value;
    return memcpy(&value, &bits, sizeof value), value;
}

static float load(int type, pointer at, int64_t index) {
    uint16_t half = type == F32 ? 0 : ((uint16_t *)at)[index];
    if (type == F32) return ((float *)at)[index];
    if (type == BF16) return as_float((uint32_t)half << 16);
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float value = exponent ? ldexpf(fraction + 1024.0f, exponent - 25) : ldexpf((float)fraction, -24);
    return half >> 15 ? -value : value;
}

/* To the nearest, of ties the even one. */
static void store(int type, pointer at, int64_t index, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (type == F32) { ((float *)at)[index] = value; return; }
    if (type == BF16) { ((uint16_t *)at)[index] = (bits + 0x7fff + (bits >> 16 & 1)) >> 16; return; }
    int exponent = value ? ilogbf(value) : -14;
    if (exponent < -14) exponent = -14;
    uint32_t fraction = (uint32_t)rintf(ldexpf(fabsf(value), 10 - exponent)); /* 2048 carries into the exponent */
    uint32_t half = fraction < 1024 ? fraction : (((uint32_t)(exponent + 14)) << 10) + fraction;
    ((uint16_t *)at)[index] = bits >> 31 << 15 | half;
}

static float gelu(float x) { return 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x))); }

/* The product. */

static int64_t place(const layout *of, int64_t row, int64_t column, int batch) {
    return batch * of->stride + column * of->leading + row;
}

static size_t reach(const layout *of) {
    int64_t last = place(of, of->rows - 1, of->columns - 1, of->batch - 1);
    return (last + 1) * (of->type == F32 ? 4 : 2);
}

static float followed(const multiplying *one, double sum, int row, int column, int batch) {
    const layout *c = &one->four[2];
    float value = one->alpha * (float)sum;
    if (one->beta) value += one->beta * load(c->type, one->at[2], place(c, row, column, batch));
    if (one->of.epilogue & BIAS) value += load(c->type, one->of.bias, row);
    if (one->of.epilogue & RELU) value = value > 0 ? value : 0;
    return one->of.epilogue & GELU ? gelu(value) : value;
}

/* A factor of one product, `lines` by `depth`, one line after the other. */
static float *unpacked(const multiplying *one, int which, int lines, int depth, int batch) {
    const layout *of = &one->four[which];
    float *all = malloc(sizeof(float) * lines * depth);
    int rows_are_lines = which == one->of.transposed[which];
    for (int line = 0; line < lines; line++)
        for (int k = 0; k < depth; k++) {
            int64_t at = rows_are_lines ? place(of, line, k, batch) : place(of, k, line, batch);
            all[(size_t)line * depth + k] = load(of->type, one->at[which], at);
        }
    return all;
}

static int multiply(const void *with) {
    const multiplying *one = with;
    const layout *a = &one->four[0], *d = &one->four[3];
    int depth = one->of.transposed[0] ? a->rows : a->columns, rows = d->rows, columns = d->columns;
    pass_time(1);
    for (int batch = 0; batch < d->batch; batch++) {
        float *left = unpacked(one, 0, rows, depth, batch), *right = unpacked(one, 1, columns, depth, batch);
        for (int column = 0; column < columns; column++)
            for (int row = 0; row < rows; row++) {
                const float *x = left + (size_t)row * depth, *y = right + (size_t)column * depth;
                double sum = 0;
                for (int k = 0; k < depth; k++) sum += (double)x[k] * y[k];
                store(d->type, one->at[3], place(d, row, column, batch), followed(one, sum, row, column, batch));
            }
        free(left);
        free(right);
    }
    return OK;
}

/* Handles. */

static void *kept(size_t size, const void *value) { return born(), memcpy(malloc(size), value, size); }
static int gone(void *value) { return free(value), died(), OK; }

size_t cublasLtGetVersion(void) { return 130100; }
int cublasLtCreate(void **handle) {
    if (broken() || fault("unready")) return 1;
    return born(), *handle = (void *)0x99, OK;
}
int cublasLtDestroy(void *handle) { return died(), handle != (void *)0x99; }

int cublasLtMatrixLayoutCreate(layout **made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    layout new = {type, rows, columns, leading, 1, 0};
    need(leading >= (int64_t)rows, "columns that do not overlap");
    return *made = kept(sizeof new, &new), OK;
}
int cublasLtMatrixLayoutSetAttribute(layout *of, int attribute, const void *value, size_t size) {
    if (attribute == 5 && size == 4) return memcpy(&of->batch, value, size), OK;
    if (attribute == 6 && size == 8) return memcpy(&of->stride, value, size), OK;
    return 7;
}
int cublasLtMatrixLayoutDestroy(layout *made) { return gone(made); }

int cublasLtMatmulDescCreate(product **made, int compute, int scale) {
    product new = {compute, scale, {0, 0}, 1, 0};
    return *made = kept(sizeof new, &new), OK;
}
int cublasLtMatmulDescSetAttribute(product *of, int attribute, const void *value, size_t size) {
    if ((attribute == 3 || attribute == 4) && size == 4) return memcpy(&of->transposed[attribute - 3], value, size), OK;
    if (attribute == 7 && size == 4) return memcpy(&of->epilogue, value, size), OK;
    if (attribute == 8 && size == 8) return memcpy(&of->bias, value, size), OK;
    return 7;
}
int cublasLtMatmulDescDestroy(product *made) { return gone(made); }

int cublasLtMatmulPreferenceCreate(preference **made) {
    preference new = {0, {256, 256, 256, 256}, 7};
    return *made = kept(sizeof new, &new), OK;
}
int cublasLtMatmulPreferenceSetAttribute(preference *of, int attribute, const void *value, size_t size) {
    if (attribute == 1 && size == 8) return memcpy(&of->workspace, value, size), OK;
    if (attribute == 3 && size == 4) return memcpy(&of->reductions, value, size), OK;
    if (attribute >= 5 && attribute <= 8 && size == 4) return memcpy(&of->alignments[attribute - 5], value, size), OK;
    return 7;
}
int cublasLtMatmulPreferenceDestroy(preference *made) { return gone(made); }

/* Ways. */

/* Of two shapes that are not one, most likely two numbers. */
static uint64_t mixed(const product *of, const layout *const *four) {
    uint64_t mix = of->epilogue * 31u + of->transposed[0] * 7u + of->transposed[1];
    for (int i = 0; i < 4; i++) mix = mix * 1000003 + four[i]->rows * 8191 + four[i]->columns * 127 + four[i]->type;
    return mix;
}

static int matches(const product *of, const layout *const *four) {
    int64_t m = of->transposed[0] ? four[0]->columns : four[0]->rows;
    int64_t k = of->transposed[0] ? four[0]->rows : four[0]->columns;
    int64_t inner = of->transposed[1] ? four[1]->columns : four[1]->rows;
    int64_t n = of->transposed[1] ? four[1]->rows : four[1]->columns;
    int sizes = k == inner && (int64_t)four[3]->rows == m && (int64_t)four[3]->columns == n;
    int addend = four[2]->rows == four[3]->rows && four[2]->columns == four[3]->columns;
    int types = four[0]->type == four[1]->type && four[2]->type == four[3]->type;
    int batches = four[0]->batch == four[3]->batch && four[1]->batch == four[3]->batch && four[2]->batch == four[3]->batch;
    return sizes && addend && types && batches && !((of->epilogue & BIAS) && !of->bias);
}

int cublasLtMatmulAlgoGetHeuristic(void *handle, product *of, layout *a, layout *b, layout *c, layout *d,
                                   preference *preferred, int asked, way *ways, int *given) {
    const layout *four[] = {a, b, c, d};
    *given = 0;
    if (broken() || handle != (void *)0x99 || !matches(of, four)) return 7;
    if (fault("formats") && a->type == (int)fault("formats")) return 15;
    for (int i = 0; i < 6 && *given < asked; i++) {
        if (i == 4 && (preferred->alignments[0] < 16 || preferred->alignments[1] < 16)) continue;
        if (i == 5 && !(preferred->reductions & 4)) continue;
        if ((size_t)i << 20 > preferred->workspace) continue;
        way new = {{100 + i, mixed(of, four)}, (size_t)i << 20, i == 1 ? 15 : OK, 1, {0}};
        ways[(*given)++] = new;
    }
    return OK;
}

int cublasLtMatmulAlgoCheck(void *handle, product *of, layout *a, layout *b, layout *c, layout *d,
                            const uint64_t *algorithm, way *result) {
    const layout *four[] = {a, b, c, d};
    int known = *algorithm >= 100 && *algorithm <= 105 && algorithm[1] == mixed(of, four);
    if (handle != (void *)0x99 || !known) return 7;
    result->workspace = (*algorithm - 100) << 20;
    return result->state = *algorithm == 101 ? 15 : OK, OK;
}

int cublasLtMatmul(void *handle, product *of, const float *alpha, pointer a, layout *a_layout, pointer b,
                   layout *b_layout, const float *beta, pointer c, layout *c_layout, pointer d, layout *d_layout,
                   const uint64_t *algorithm, pointer workspace, size_t size, stream *in) {
    const layout *four[] = {a_layout, b_layout, c_layout, d_layout};
    multiplying one = {*of, {*a_layout, *b_layout, *c_layout, *d_layout}, {a, b, c, d}, *alpha, *beta};
    if (broken()) return 13;
    if (!is_current()) return 1;
    need(handle == (void *)0x99 && matches(of, four) && of->scale == F32, "a product that was asked for");
    need(algorithm[1] == mixed(of, four) && *algorithm != 101, "a way that may be used");
    need(size >= (*algorithm - 100) << 20 && workspace % 256 == 0, "room to work in");
    need(!size || within(workspace, size), "a workspace within memory");
    need(*algorithm != 104 || (a % 16 == 0 && b % 16 == 0), "aligned factors");
    for (int i = 0; i < 4; i++) need(within(one.at[i], reach(four[i])), "matrices within memory");
    need(!(of->epilogue & BIAS) || within(of->bias, d_layout->rows * (d_layout->type == F32 ? 4 : 2)), "a bias");
    return enqueue(in, multiply, &one, sizeof one) ? 14 : OK;
}
