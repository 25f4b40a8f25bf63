/* What takes elements from other places: gathering and pooling. A thread an element of the result. */

/* What a kernel could not do: the step's number plus one, and the value that is to blame. The first to come is kept. */
struct Fault {
    unsigned long long step;
    long long value;
};

__device__ __forceinline__ void fail(const Arguments &arguments, int number, u32 step, i64 value) {
    Fault *fault = pointer<Fault>(arguments, number);
    if (claim(&fault->step, step + 1ull)) fault->value = value;
}

/* Inputs: table [OUTER, SIZE, INNER] and indices [COUNT]; output [OUTER, COUNT, INNER]. */
template <typename C>
__device__ __forceinline__ void gather(const Arguments &arguments) {
    u64 at = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= C::ELEMENTS) return;
    u64 inner = at % C::INNER, rest = at / C::INNER;
    i64 index = i64(pointer<const typename C::I>(arguments, 1)[rest % C::COUNT]);
    i64 counted = index < 0 ? index + i64(C::SIZE) : index;
    bool within = counted >= 0 && counted < i64(C::SIZE);
    if (!within) fail(arguments, 3, C::STEP, index);
    u64 from = ((rest / C::COUNT) * C::SIZE + u64(within ? counted : 0)) * C::INNER + inner;
    auto element = pointer<const typename C::X>(arguments, 0)[from];
    pointer<typename C::Y>(arguments, 2)[at] = narrow<typename C::Y>(wide(element));
}

/* x [CHANNELS, HEIGHT, WIDTH], y [CHANNELS, ROWS, COLUMNS], all images' channels one after the other. */
template <typename C>
__device__ __forceinline__ void pool(const Arguments &arguments) {
    u64 at = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= C::ELEMENTS) return;
    int column = int(at % C::COLUMNS), row = int(at / C::COLUMNS % C::ROWS);
    const auto *map = pointer<const typename C::X>(arguments, 0) + at / (u64(C::COLUMNS) * C::ROWS) * (u64(C::HEIGHT) * C::WIDTH);
    float all = C::LARGEST ? -infinity() : 0.0f;
    int seen = 0;
    for (int down = 0; down < C::KERNEL_HEIGHT; down++) {
        int y = row * C::STRIDE_DOWN + down * C::DILATION_DOWN - C::PAD_TOP;
        if (y < 0 || y >= C::HEIGHT) continue;
        for (int right = 0; right < C::KERNEL_WIDTH; right++) {
            int x = column * C::STRIDE_RIGHT + right * C::DILATION_RIGHT - C::PAD_LEFT;
            if (x < 0 || x >= C::WIDTH) continue;
            float value = wide(map[y * C::WIDTH + x]);
            all = C::LARGEST ? greater(all, value) : all + value;
            seen++;
        }
    }
    if (C::MEAN) all /= seen;
    if (C::PADDED_MEAN) all /= C::KERNEL_HEIGHT * C::KERNEL_WIDTH;
    pointer<typename C::Y>(arguments, 1)[at] = narrow<typename C::Y>(all);
}
