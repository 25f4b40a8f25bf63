/* Convolutions as products: weights [FILTERS, DEPTH] by windows [DEPTH, PIXELS], DEPTH over channels and places of the
   kernel, PIXELS over images and places of the result. Windows are never written out: a block reads its own part of them. */

/* Where a place of the kernel looks from a place of the result: within the map, or nowhere. */
template <typename C>
struct Window {
    int top, left;
    u64 image;

    __device__ __forceinline__ explicit Window(u32 pixel) {
        u32 within = pixel % (C::ROWS * C::COLUMNS);
        top = int(within / C::COLUMNS) * C::STRIDE_DOWN - C::PAD_TOP;
        left = int(within % C::COLUMNS) * C::STRIDE_RIGHT - C::PAD_LEFT;
        image = u64(pixel / (C::ROWS * C::COLUMNS)) * (u64(C::CHANNELS) * C::GROUPS * C::HEIGHT * C::WIDTH);
    }

    /* The element at place `depth` of the window, which begins at channel `from`; zero beyond the map. */
    template <typename T>
    __device__ __forceinline__ T see(const T *maps, u32 from, u32 depth) const {
        u32 within = depth % (C::KERNEL_HEIGHT * C::KERNEL_WIDTH);
        u32 channel = from + depth / (C::KERNEL_HEIGHT * C::KERNEL_WIDTH);
        int y = top + int(within / C::KERNEL_WIDTH) * C::DILATION_DOWN;
        int x = left + int(within % C::KERNEL_WIDTH) * C::DILATION_RIGHT;
        if (y < 0 || y >= C::HEIGHT || x < 0 || x >= C::WIDTH) return T{};
        return maps[image + (u64(channel) * C::HEIGHT + y) * C::WIDTH + x];
    }
};

/* Inputs: x, weights, then bias and residual where there are such; then the output and memory for parts of sums. */
template <typename C>
struct Operands {
    static constexpr int BIAS = 2, RESIDUAL = BIAS + C::BIASED, OUT = RESIDUAL + C::RESIDUAL, PARTS = OUT + 1;
};

/* Where the result of filter `filter` at `pixel` lies. */
template <typename C>
__device__ __forceinline__ u64 result_at(u32 filter, u32 pixel) {
    constexpr u32 AREA = C::ROWS * C::COLUMNS;
    return (u64(pixel / AREA) * C::FILTERS * C::GROUPS + filter) * AREA + pixel % AREA;
}

template <typename C>
__device__ __forceinline__ void conclude(const Arguments &arguments, u32 filter, u32 pixel, float value) {
    typedef Operands<C> At;
    u64 at = result_at<C>(filter, pixel);
    if (C::BIASED) value += wide(pointer<const typename C::B>(arguments, At::BIAS)[filter]);
    if (C::RESIDUAL) value += wide(pointer<const typename C::R>(arguments, At::RESIDUAL)[at]);
    pointer<typename C::Y>(arguments, At::OUT)[at] = narrow<typename C::Y>(activated<C::ACTIVATION>(value));
}

/* A result, or this block's part of the sum that it is. */
template <typename C>
__device__ __forceinline__ void keep(const Arguments &arguments, u32 filter, u32 pixel, float value) {
    if (filter >= C::FILTERS || pixel >= C::PIXELS) return;
    if (C::PARTS == 1) return conclude<C>(arguments, filter, pixel, value);
    u64 at = (u64(blockIdx.z) * C::FILTERS + filter) * C::PIXELS + pixel;
    pointer<float>(arguments, Operands<C>::PARTS)[at] = value;
}

/* The parts of each sum together: a thread a result. */
template <typename C>
__device__ __forceinline__ void gather_parts(const Arguments &arguments) {
    u64 at = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= u64(C::FILTERS) * C::PIXELS) return;
    const float *parts = pointer<const float>(arguments, Operands<C>::PARTS);
    float sum = 0.0f;
    for (int part = 0; part < C::PARTS; part++) sum += parts[u64(part) * C::FILTERS * C::PIXELS + at];
    conclude<C>(arguments, u32(at / C::PIXELS), u32(at % C::PIXELS), sum);
}

/* Groups of channels that do not mix: a thread a result. */
template <typename C>
__device__ __forceinline__ void convolve_groups(const Arguments &arguments) {
    u64 at = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= u64(C::FILTERS) * C::GROUPS * C::PIXELS) return;
    u32 filter = u32(at / C::PIXELS), pixel = u32(at % C::PIXELS);
    const auto *maps = pointer<const typename C::X>(arguments, 0);
    const auto *weights = pointer<const typename C::X>(arguments, 1) + u64(filter) * C::DEPTH;
    Window<C> window(pixel);
    float sum = 0.0f;
    for (u32 depth = 0; depth < C::DEPTH; depth++) {
        sum += wide(weights[depth]) * wide(window.see(maps, filter / C::FILTERS * C::CHANNELS, depth));
    }
    conclude<C>(arguments, filter, pixel, sum);
}

/* A block computes 64 filters at 64 pixels, over its part of the depth, 16 places of it at a time. */
enum { TILE = 64, STEP = 16, THREADS = 128 };

template <typename T, int PITCH>
struct Tiles {
    alignas(16) T weights[TILE][PITCH];
    alignas(16) T windows[TILE][PITCH];
};

/* Reads what a block needs of the next places of the depth. */
template <typename C, typename T, int PITCH>
__device__ __forceinline__ void fetch(Tiles<T, PITCH> &tiles, const Arguments &arguments, const Window<C> &window, u32 from, u32 end) {
    const T *maps = pointer<const T>(arguments, 0), *weights = pointer<const T>(arguments, 1);
    u32 pixel = threadIdx.x % TILE;
    bool has_pixel = blockIdx.x * TILE + pixel < C::PIXELS;
    for (u32 place = threadIdx.x / TILE; place < STEP; place += THREADS / TILE) {
        bool sees = has_pixel && from + place < end;
        tiles.windows[pixel][place] = sees ? window.see(maps, 0, from + place) : T{};
    }
    u32 place = threadIdx.x % STEP;
    for (u32 row = threadIdx.x / STEP; row < TILE; row += THREADS / STEP) {
        u32 filter = blockIdx.y * TILE + row;
        bool is_there = filter < C::FILTERS && from + place < end;
        tiles.weights[row][place] = is_there ? weights[u64(filter) * C::DEPTH + from + place] : T{};
    }
}

/* The part of the depth that this block sums. */
template <typename C>
struct Part {
    static constexpr u32 EACH = ((C::DEPTH + STEP - 1) / STEP + C::PARTS - 1) / C::PARTS * STEP;
    u32 from = blockIdx.z * EACH;
    u32 end = from + EACH < C::DEPTH ? from + EACH : C::DEPTH;
};

/* In 32 bits: each thread 4 filters by 8 pixels. */
template <typename C>
__device__ __forceinline__ void convolve(const Arguments &arguments) {
    __shared__ Tiles<typename C::X, STEP + 1> tiles;
    Window<C> window(blockIdx.x * TILE + threadIdx.x % TILE);
    Part<C> part;
    u32 down = threadIdx.x / 8 * 4, right = threadIdx.x % 8;
    float sums[4][8] = {};
    for (u32 depth = part.from; depth < part.end; depth += STEP) {
        block_wait();
        fetch<C>(tiles, arguments, window, depth, part.end);
        block_wait();
#pragma unroll
        for (int place = 0; place < STEP; place++) {
            float weights[4];
#pragma unroll
            for (int row = 0; row < 4; row++) weights[row] = wide(tiles.weights[down + row][place]);
#pragma unroll
            for (int column = 0; column < 8; column++) {
                float seen = wide(tiles.windows[right + 8 * column][place]);
#pragma unroll
                for (int row = 0; row < 4; row++) sums[row][column] += weights[row] * seen;
            }
        }
    }
#pragma unroll
    for (int row = 0; row < 4; row++)
#pragma unroll
        for (int column = 0; column < 8; column++)
            keep<C>(arguments, blockIdx.y * TILE + down + row, blockIdx.x * TILE + right + 8 * column, sums[row][column]);
}

/* In 16 bits by the tensor cores: each of four warps 32 filters by 32 pixels. */
template <typename C>
__device__ __forceinline__ void convolve_by_warps(const Arguments &arguments) {
    __shared__ Tiles<typename C::X, STEP + 8> tiles;
    Window<C> window(blockIdx.x * TILE + threadIdx.x % TILE);
    Part<C> part;
    u32 lane = threadIdx.x % 32, line = lane / 4, pair = lane % 4 * 2;
    u32 down = threadIdx.x / 64 * 32, right = threadIdx.x / 32 % 2 * 32;
    float sums[2][4][4] = {};
    for (u32 depth = part.from; depth < part.end; depth += STEP) {
        block_wait();
        fetch<C>(tiles, arguments, window, depth, part.end);
        block_wait();
        u32 a[2][4];
#pragma unroll
        for (int tile = 0; tile < 2; tile++)
#pragma unroll
            for (int piece = 0; piece < 4; piece++)
                a[tile][piece] = two(&tiles.weights[down + 16 * tile + line + piece % 2 * 8][pair + piece / 2 * 8]);
#pragma unroll
        for (int column = 0; column < 4; column++) {
            u32 b[2];
#pragma unroll
            for (int piece = 0; piece < 2; piece++) b[piece] = two(&tiles.windows[right + 8 * column + line][pair + piece * 8]);
#pragma unroll
            for (int tile = 0; tile < 2; tile++) multiply_add(sums[tile][column], a[tile], b, C::BRAIN);
        }
    }
#pragma unroll
    for (int tile = 0; tile < 2; tile++)
#pragma unroll
        for (int column = 0; column < 4; column++)
#pragma unroll
            for (int piece = 0; piece < 4; piece++)
                keep<C>(arguments, blockIdx.y * TILE + down + 16 * tile + line + piece / 2 * 8,
                        blockIdx.x * TILE + right + 8 * column + pair + piece % 2, sums[tile][column][piece]);
}
