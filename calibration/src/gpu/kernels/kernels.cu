// What saturates the multiply-add units and the memories of a device.
// The numbers in capitals are defined when this is compiled.

extern "C" __global__ void tare_nothing() {}

// Each thread keeps CHAINS sums in registers; a <- a * -1 + 1 neither settles nor overflows.
extern "C" __global__ void __launch_bounds__(BLOCK)
tare_fma_fp32(float *out, float factor, float term, unsigned iterations) {
    float sums[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; ++i) sums[i] = threadIdx.x * 1e-3f + i * 1e-2f;
#pragma unroll 1
    for (unsigned n = 0; n < iterations; ++n) {
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
#pragma unroll
            for (int i = 0; i < CHAINS; ++i) sums[i] = __fmaf_rn(sums[i], factor, term);
        }
    }
    float total = 0;
#pragma unroll
    for (int i = 0; i < CHAINS; ++i) total += sums[i];
    // Never so, but that is not known when this is compiled.
    if (total == -1234.5f) out[blockIdx.x * blockDim.x + threadIdx.x] = total;
}

// The same on pairs of half-precision numbers.
extern "C" __global__ void __launch_bounds__(BLOCK)
tare_fma_fp16(unsigned *out, unsigned factor, unsigned term, unsigned iterations) {
    unsigned sums[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; ++i) sums[i] = 0x34003400u + threadIdx.x + i * 0x200020u;
#pragma unroll 1
    for (unsigned n = 0; n < iterations; ++n) {
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
#pragma unroll
            for (int i = 0; i < CHAINS; ++i)
                asm("fma.rn.f16x2 %0, %0, %1, %2;" : "+r"(sums[i]) : "r"(factor), "r"(term));
        }
    }
    unsigned total = 0;
#pragma unroll
    for (int i = 0; i < CHAINS; ++i) total ^= sums[i];
    if (total == 0x7e5a7e5au) out[blockIdx.x * blockDim.x + threadIdx.x] = total;
}

// Past the first caches, whose sum can exceed the second.
static __device__ __forceinline__ float4 load(const float4 *from) {
    float4 v;
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
                 : "l"(from));
    return v;
}

static __device__ __forceinline__ void store(float4 *to, float4 v) {
    asm volatile("st.global.cg.v4.f32 [%0], {%1, %2, %3, %4};"
                 :
                 : "l"(to), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w)
                 : "memory");
}

static __device__ __forceinline__ float sum(float4 v) { return (v.x + v.y) + (v.z + v.w); }

extern "C" __global__ void __launch_bounds__(BLOCK)
tare_read(const float4 *in, unsigned long long count, unsigned passes, float *out) {
    const unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x;
    const unsigned long long first = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x;
    float total = 0;
    for (unsigned pass = 0; pass < passes; ++pass) {
        unsigned long long i = first;
        for (; i + 3 * stride < count; i += 4 * stride) {
            const float4 a = load(in + i);
            const float4 b = load(in + i + stride);
            const float4 c = load(in + i + 2 * stride);
            const float4 d = load(in + i + 3 * stride);
            total += (sum(a) + sum(b)) + (sum(c) + sum(d));
        }
        for (; i < count; i += stride) total += sum(load(in + i));
    }
    if (total == -1234.5f) out[first] = total;
}

static __device__ __forceinline__ float4 scaled(float4 b, float4 c, float s) {
    float4 v;
    v.x = b.x + s * c.x;
    v.y = b.y + s * c.y;
    v.z = b.z + s * c.z;
    v.w = b.w + s * c.w;
    return v;
}

extern "C" __global__ void __launch_bounds__(BLOCK)
tare_triad(float4 *a, const float4 *b, const float4 *c, float s, unsigned long long count,
           unsigned passes) {
    const unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x;
    const unsigned long long first = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x;
    for (unsigned pass = 0; pass < passes; ++pass) {
        unsigned long long i = first;
        for (; i + stride < count; i += 2 * stride) {
            const float4 b0 = load(b + i);
            const float4 b1 = load(b + i + stride);
            const float4 c0 = load(c + i);
            const float4 c1 = load(c + i + stride);
            store(a + i, scaled(b0, c0, s));
            store(a + i + stride, scaled(b1, c1, s));
        }
        for (; i < count; i += stride) store(a + i, scaled(load(b + i), load(c + i), s));
    }
}
