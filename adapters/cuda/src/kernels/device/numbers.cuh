/* Functions of numbers, as the plan's reference defines them. */

__device__ __forceinline__ float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }
__device__ __forceinline__ float gelu_tanh(float x) {
    return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}
__device__ __forceinline__ float relu(float x) { return x < 0.0f ? 0.0f : x; }
__device__ __forceinline__ int relu(int x) { return x < 0 ? 0 : x; }
__device__ __forceinline__ i64 relu(i64 x) { return x < 0 ? 0 : x; }
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float reciprocal(float x) { return 1.0f / x; }
__device__ __forceinline__ float sign(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }
__device__ __forceinline__ int sign(int x) { return (x > 0) - (x < 0); }
__device__ __forceinline__ i64 sign(i64 x) { return (x > 0) - (x < 0); }
__device__ __forceinline__ float magnitude(float x) { return fabsf(x); }
/* Wraps as two's complement does. */
__device__ __forceinline__ int magnitude(int x) { return x < 0 ? int(0u - u32(x)) : x; }
__device__ __forceinline__ i64 magnitude(i64 x) { return x < 0 ? i64(0ull - u64(x)) : x; }
__device__ __forceinline__ float negative(float x) { return -x; }
__device__ __forceinline__ int negative(int x) { return int(0u - u32(x)); }
__device__ __forceinline__ i64 negative(i64 x) { return i64(0ull - u64(x)); }

__device__ __forceinline__ float plus(float x, float y) { return x + y; }
__device__ __forceinline__ int plus(int x, int y) { return int(u32(x) + u32(y)); }
__device__ __forceinline__ i64 plus(i64 x, i64 y) { return i64(u64(x) + u64(y)); }
__device__ __forceinline__ float minus(float x, float y) { return x - y; }
__device__ __forceinline__ int minus(int x, int y) { return int(u32(x) - u32(y)); }
__device__ __forceinline__ i64 minus(i64 x, i64 y) { return i64(u64(x) - u64(y)); }
__device__ __forceinline__ float times(float x, float y) { return x * y; }
__device__ __forceinline__ int times(int x, int y) { return int(u32(x) * u32(y)); }
__device__ __forceinline__ i64 times(i64 x, i64 y) { return i64(u64(x) * u64(y)); }

/* NaN where either is NaN. */
__device__ __forceinline__ float lesser(float x, float y) { return x != x ? x : y != y ? y : x < y ? x : y; }
__device__ __forceinline__ float greater(float x, float y) { return x != x ? x : y != y ? y : x > y ? x : y; }
__device__ __forceinline__ int lesser(int x, int y) { return x < y ? x : y; }
__device__ __forceinline__ int greater(int x, int y) { return x > y ? x : y; }
__device__ __forceinline__ i64 lesser(i64 x, i64 y) { return x < y ? x : y; }
__device__ __forceinline__ i64 greater(i64 x, i64 y) { return x > y ? x : y; }

/* To the integer before it towards zero; the nearest that there is beyond the range, zero of NaN. */
__device__ __forceinline__ i64 truncated(float x) {
    if (x != x) return 0;
    if (x >= 9223372036854775808.0f) return 0x7fffffffffffffffll;
    if (x <= -9223372036854775808.0f) return -0x7fffffffffffffffll - 1;
    return i64(x);
}

template <int ACTIVATION>
__device__ __forceinline__ float activated(float x) {
    if (ACTIVATION == 1) return relu(x);
    if (ACTIVATION == 2) return gelu(x);
    if (ACTIVATION == 3) return gelu_tanh(x);
    return x;
}
