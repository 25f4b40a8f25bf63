/* What looks at all elements of a row: THREADS threads a row, ROWS rows a block. */

struct Sum {
    static __device__ __forceinline__ float of(float x, float y) { return x + y; }
    static __device__ __forceinline__ float none() { return 0.0f; }
};

struct Largest {
    static __device__ __forceinline__ float of(float x, float y) { return greater(x, y); }
    static __device__ __forceinline__ float none() { return -infinity(); }
};

struct Least {
    static __device__ __forceinline__ float of(float x, float y) { return lesser(x, y); }
    static __device__ __forceinline__ float none() { return infinity(); }
};

struct Multiplied {
    static __device__ __forceinline__ float of(float x, float y) { return x * y; }
    static __device__ __forceinline__ float none() { return 1.0f; }
};

/* Over the threads of a row, the same in each of them. */
template <typename With, int THREADS>
__device__ __forceinline__ float together(float x) {
    for (int mask = (THREADS < 32 ? THREADS : 32) / 2; mask > 0; mask /= 2) x = With::of(x, of_lane(x, mask));
    if constexpr (THREADS > 32) {
        __shared__ float parts[THREADS / 32];
        block_wait();
        if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
        block_wait();
        x = parts[0];
        for (int part = 1; part < THREADS / 32; part++) x = With::of(x, parts[part]);
    }
    return x;
}

/* The row of this thread, and its place among the threads of the row. */
template <typename C>
struct Place {
    u32 row = blockIdx.x * C::ROWS + threadIdx.x / C::THREADS;
    u32 first = threadIdx.x % C::THREADS;
    /* All threads of a warp take part in what is done together, whether they have a row or not. */
    __device__ __forceinline__ bool is_there() const { return row < C::COUNT; }
    __device__ __forceinline__ u32 end() const { return is_there() ? C::WIDTH : 0; }
};

template <typename With, typename C, typename Element>
__device__ __forceinline__ float over_row(const Place<C> &place, Element element) {
    float all = With::none();
    for (u32 column = place.first; column < place.end(); column += C::THREADS) all = With::of(all, element(column));
    return together<With, C::THREADS>(all);
}

template <typename C>
__device__ __forceinline__ void softmax(const Arguments &arguments) {
    Place<C> place;
    const auto *x = pointer<const typename C::X>(arguments, 0) + place.row * C::X_PITCH;
    auto *y = pointer<typename C::Y>(arguments, 1) + place.row * C::Y_PITCH;
    float largest = over_row<Largest>(place, [&](u32 column) { return wide(x[column]); });
    float sum = over_row<Sum>(place, [&](u32 column) { return expf(wide(x[column]) - largest); });
    float logarithm = logf(sum);
    for (u32 column = place.first; column < place.end(); column += C::THREADS) {
        float above = wide(x[column]) - largest;
        y[column] = narrow<typename C::Y>(C::LOG ? above - logarithm : expf(above) / sum);
    }
}

template <typename With, typename C>
__device__ __forceinline__ void reduce(const Arguments &arguments) {
    Place<C> place;
    const auto *x = pointer<const typename C::X>(arguments, 0) + place.row * u64(C::WIDTH);
    float all = over_row<With>(place, [&](u32 column) { return wide(x[column]); });
    if (place.is_there() && place.first == 0) {
        pointer<typename C::Y>(arguments, 1)[place.row] = narrow<typename C::Y>(C::MEAN ? all / C::WIDTH : all);
    }
}

/* Inputs: x, then residual, scale and bias where there are such; outputs: y, then the sum where it is wanted. */
template <typename C>
__device__ __forceinline__ void layer_norm(const Arguments &arguments) {
    constexpr int SCALE = 1 + C::RESIDUAL, BIAS = SCALE + C::SCALED, OUT = BIAS + C::BIASED;
    constexpr int EACH = (C::WIDTH + C::THREADS - 1) / C::THREADS;
    Place<C> place;
    const auto *x = pointer<const typename C::X>(arguments, 0) + place.row * C::X_PITCH;
    const auto *more = pointer<const typename C::R>(arguments, 1) + place.row * C::R_PITCH;
    auto *y = pointer<typename C::Y>(arguments, OUT) + place.row * C::Y_PITCH;
    auto *kept = pointer<typename C::S>(arguments, OUT + 1) + place.row * C::S_PITCH;
    auto element = [&](u32 column) {
        float value = wide(x[column]);
        return C::RESIDUAL ? value + wide(more[column]) : value;
    };
    float values[EACH];
    float sum = 0.0f;
#pragma unroll
    for (int turn = 0; turn < EACH; turn++) {
        u32 column = place.first + turn * C::THREADS;
        values[turn] = column < place.end() ? element(column) : 0.0f;
        sum += values[turn];
    }
    float mean = together<Sum, C::THREADS>(sum) / C::WIDTH;
    float squares = 0.0f;
#pragma unroll
    for (int turn = 0; turn < EACH; turn++) {
        u32 column = place.first + turn * C::THREADS;
        float apart = values[turn] - mean;
        squares += column < place.end() ? apart * apart : 0.0f;
    }
    float deviation = sqrtf(together<Sum, C::THREADS>(squares) / C::WIDTH + C::epsilon());
#pragma unroll
    for (int turn = 0; turn < EACH; turn++) {
        u32 column = place.first + turn * C::THREADS;
        if (column < place.end()) {
            float value = (values[turn] - mean) / deviation;
            if (C::SCALED) value *= wide(pointer<const typename C::W>(arguments, SCALE)[column]);
            if (C::BIASED) value += wide(pointer<const typename C::B>(arguments, BIAS)[column]);
            y[column] = narrow<typename C::Y>(value);
            if (C::KEPT) kept[column] = narrow<typename C::S>(values[turn]);
        }
    }
}
