/* softmax(q kT scale + mask) v of one head after the other, without the scores in memory (FlashAttention, Dao et al. 2022):
   keys come in tiles, and what was summed before a larger score came is scaled down (Milakov and Gimelshein 2018). */

/* The largest score so far, and the sum of the exponentials below it. */
struct Running {
    float largest = -infinity(), sum = 0.0f;

    /* Takes note of the largest of further scores: the factor of all that was summed before. */
    __device__ __forceinline__ float rise(float further) {
        float risen = largest < further ? further : largest;
        float factor = risen == -infinity() ? 1.0f : expf(largest - risen);
        largest = risen;
        sum *= factor;
        return factor;
    }

    /* Nothing of a score that is as good as none, and NaN where all are. */
    __device__ __forceinline__ float weight(float score) const { return largest == -infinity() ? 0.0f : expf(score - largest); }
};

/* Inputs: q, k, v and the mask where there is one; then the output. */
template <typename C>
__device__ __forceinline__ float masked(const Arguments &arguments, u32 head, u32 query, u32 key, float score) {
    if (C::MASKED) {
        const auto *mask = pointer<const typename C::M>(arguments, 3) + C::mask(head);
        score += wide(mask[query * C::MASK_DOWN + key * C::MASK_RIGHT]);
    }
    return score;
}

/* Any sizes, in 32 bits: four threads a query, QUERIES of them a block, KEYS at a time. */
template <typename C>
__device__ __forceinline__ void attend(const Arguments &arguments) {
    constexpr int EACH = (C::VALUE + 3) / 4, OWN = C::KEYS / 4, THREADS = C::QUERIES * 4;
    __shared__ float q[C::QUERIES][C::DEPTH + 1], k[C::KEYS][C::DEPTH + 1], v[C::KEYS][C::VALUE + 1];
    __shared__ float weights[C::QUERIES][C::KEYS + 1];
    u32 head = blockIdx.y, row = threadIdx.x / 4, place = threadIdx.x % 4, query = blockIdx.x * C::QUERIES + row;
    const auto *from_q = pointer<const typename C::X>(arguments, 0) + C::q(head);
    const auto *from_k = pointer<const typename C::X>(arguments, 1) + C::k(head);
    const auto *from_v = pointer<const typename C::X>(arguments, 2) + C::v(head);
    for (u32 at = threadIdx.x; at < C::QUERIES * C::DEPTH; at += THREADS) {
        u32 from = blockIdx.x * C::QUERIES + at / C::DEPTH;
        q[at / C::DEPTH][at % C::DEPTH] = from < C::ALL_QUERIES ? wide(from_q[i64(from) * C::Q_PITCH + at % C::DEPTH]) : 0.0f;
    }
    Running running;
    float sums[EACH] = {};
    for (u32 first = 0; first < C::ALL_KEYS; first += C::KEYS) {
        block_wait();
        for (u32 at = threadIdx.x; at < C::KEYS * C::DEPTH; at += THREADS) {
            u32 from = first + at / C::DEPTH;
            k[at / C::DEPTH][at % C::DEPTH] = from < C::ALL_KEYS ? wide(from_k[i64(from) * C::K_PITCH + at % C::DEPTH]) : 0.0f;
        }
        for (u32 at = threadIdx.x; at < C::KEYS * C::VALUE; at += THREADS) {
            u32 from = first + at / C::VALUE;
            v[at / C::VALUE][at % C::VALUE] = from < C::ALL_KEYS ? wide(from_v[i64(from) * C::V_PITCH + at % C::VALUE]) : 0.0f;
        }
        block_wait();
        float scores[OWN], largest = -infinity();
#pragma unroll
        for (int own = 0; own < OWN; own++) {
            u32 key = place + 4 * own;
            float score = 0.0f;
            for (int depth = 0; depth < C::DEPTH; depth++) score += q[row][depth] * k[key][depth];
            bool counts = first + key < C::ALL_KEYS && query < C::ALL_QUERIES;
            scores[own] = counts ? masked<C>(arguments, head, query, first + key, score * C::scale()) : -infinity();
            largest = largest < scores[own] ? scores[own] : largest;
        }
        for (int mask = 1; mask < 4; mask *= 2) {
            float other = of_lane(largest, mask);
            largest = largest < other ? other : largest;
        }
        float factor = running.rise(largest);
#pragma unroll
        for (int own = 0; own < OWN; own++) {
            float weight = running.weight(scores[own]);
            running.sum += weight;
            weights[row][place + 4 * own] = weight;
        }
#pragma unroll
        for (int each = 0; each < EACH; each++) sums[each] *= factor;
        block_wait();
        for (int key = 0; key < C::KEYS; key++)
#pragma unroll
            for (int each = 0; each < EACH; each++)
                if (place + 4 * each < C::VALUE) sums[each] += weights[row][key] * v[key][place + 4 * each];
    }
    for (int mask = 1; mask < 4; mask *= 2) running.sum += of_lane(running.sum, mask);
    if (query >= C::ALL_QUERIES) return;
    auto *y = pointer<typename C::Y>(arguments, 3 + C::MASKED) + C::y(head) + i64(query) * C::Y_PITCH;
#pragma unroll
    for (int each = 0; each < EACH; each++)
        if (place + 4 * each < C::VALUE) y[place + 4 * each] = narrow<typename C::Y>(sums[each] / running.sum);
}

/* In 16 bits by the tensor cores: a warp 16 queries, 32 keys at a time; no memory is shared and no warp waits for another.
   A thread holds, of rows `line` and `line + 8`, columns `pair` and `pair + 1` of each tile. */
template <typename C>
struct Warp {
    static constexpr int TILES = 4, KEYS = TILES * 8, STEPS = C::DEPTH / 16, OUTS = C::VALUE / 8;
    typedef typename C::X X;
    u32 line = threadIdx.x % 32 / 4, pair = threadIdx.x % 4 * 2;
    u32 query = (blockIdx.x * C::WARPS + threadIdx.x / 32) * 16 + line;

    /* A row that there is, in place of one beyond the last. */
    static __device__ __forceinline__ u32 within(u32 row, u32 count) { return row < count ? row : count - 1; }

    __device__ __forceinline__ void read_queries(u32 (&a)[STEPS][4], const X *q) const {
#pragma unroll
        for (int step = 0; step < STEPS; step++)
#pragma unroll
            for (int piece = 0; piece < 4; piece++) {
                u32 row = within(query + piece % 2 * 8, C::ALL_QUERIES);
                a[step][piece] = two(q + i64(row) * C::Q_PITCH + step * 16 + piece / 2 * 8 + pair);
            }
    }

    __device__ __forceinline__ void score(float (&scores)[TILES][4], const u32 (&a)[STEPS][4], const X *k, u32 first) const {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
            const X *row = k + i64(within(first + tile * 8 + line, C::ALL_KEYS)) * C::K_PITCH + pair;
#pragma unroll
            for (int step = 0; step < STEPS; step++) {
                u32 b[2] = {two(row + step * 16), two(row + step * 16 + 8)};
                multiply_add(scores[tile], a[step], b, C::BRAIN);
            }
        }
    }

    __device__ __forceinline__ void weigh(float (&outs)[OUTS][4], const float (&weights)[TILES][4], const X *v, u32 first) const {
#pragma unroll
        for (int step = 0; step < TILES / 2; step++) {
            u32 a[4];
#pragma unroll
            for (int piece = 0; piece < 4; piece++) {
                const float *from = weights[step * 2 + piece / 2] + piece % 2 * 2;
                a[piece] = two(narrow<X>(from[0]), narrow<X>(from[1]));
            }
#pragma unroll
            for (int out = 0; out < OUTS; out++) {
                u32 b[2];
#pragma unroll
                for (int piece = 0; piece < 2; piece++) {
                    u32 key = first + step * 16 + piece * 8 + pair;
                    const X *low = v + i64(within(key, C::ALL_KEYS)) * C::V_PITCH + out * 8 + line;
                    const X *high = v + i64(within(key + 1, C::ALL_KEYS)) * C::V_PITCH + out * 8 + line;
                    b[piece] = two(*low, *high);
                }
                multiply_add(outs[out], a, b, C::BRAIN);
            }
        }
    }
};

template <typename C>
__device__ __forceinline__ void attend_by_warps(const Arguments &arguments) {
    typedef Warp<C> W;
    W warp;
    u32 head = blockIdx.y;
    const auto *k = pointer<const typename C::X>(arguments, 1) + C::k(head);
    const auto *v = pointer<const typename C::X>(arguments, 2) + C::v(head);
    u32 a[W::STEPS][4];
    warp.read_queries(a, pointer<const typename C::X>(arguments, 0) + C::q(head));
    Running running[2];
    float outs[W::OUTS][4] = {};
    for (u32 first = 0; first < C::ALL_KEYS; first += W::KEYS) {
        float scores[W::TILES][4] = {};
        warp.score(scores, a, k, first);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float largest = -infinity();
            u32 query = warp.query + half * 8;
#pragma unroll
            for (int at = 0; at < W::TILES * 2; at++) {
                float &score = scores[at / 2][half * 2 + at % 2];
                u32 key = first + at / 2 * 8 + warp.pair + at % 2;
                bool counts = key < C::ALL_KEYS && query < C::ALL_QUERIES;
                score = counts ? masked<C>(arguments, head, query, key, score * C::scale()) : -infinity();
                largest = largest < score ? score : largest;
            }
            for (int mask = 1; mask < 4; mask *= 2) {
                float other = of_lane(largest, mask);
                largest = largest < other ? other : largest;
            }
            float factor = running[half].rise(largest);
#pragma unroll
            for (int at = 0; at < W::TILES * 2; at++) {
                float &score = scores[at / 2][half * 2 + at % 2];
                score = running[half].weight(score);
                running[half].sum += score;
            }
#pragma unroll
            for (int out = 0; out < W::OUTS; out++) outs[out][half * 2] *= factor, outs[out][half * 2 + 1] *= factor;
        }
        warp.weigh(outs, scores, v, first);
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
        float sum = running[half].sum;
        for (int mask = 1; mask < 4; mask *= 2) sum += of_lane(sum, mask);
        u32 query = warp.query + half * 8;
        if (query >= C::ALL_QUERIES) continue;
        auto *y = pointer<typename C::Y>(arguments, 3 + C::MASKED) + C::y(head) + i64(query) * C::Y_PITCH;
#pragma unroll
        for (int out = 0; out < W::OUTS; out++)
#pragma unroll
            for (int piece = 0; piece < 2; piece++)
                y[out * 8 + warp.pair + piece] = narrow<typename C::Y>(outs[out][half * 2 + piece] / sum);
    }
}
