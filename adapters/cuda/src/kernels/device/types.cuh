/* Types of elements, and how each becomes a number to compute with and back. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

/* What every kernel takes: the addresses of its inputs, then of its outputs, then of memory to work in. */
struct Arguments {
    u64 at[16];
};

struct f16 {
    u16 bits;
};

struct bf16 {
    u16 bits;
};

/* N elements that are read and written at once. */
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T at[N];
};

template <typename T>
__device__ __forceinline__ T *pointer(const Arguments &arguments, int number) {
    return reinterpret_cast<T *>(arguments.at[number]);
}

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }

/* Elements of 16 bits are computed with in 32; all others as they are. */
__device__ __forceinline__ float wide(float x) { return x; }
__device__ __forceinline__ float wide(f16 x) { return half_to_float(x.bits); }
__device__ __forceinline__ float wide(bf16 x) { return __int_as_float(u32(x.bits) << 16); }
__device__ __forceinline__ int wide(int x) { return x; }
__device__ __forceinline__ i64 wide(i64 x) { return x; }
__device__ __forceinline__ bool wide(u8 x) { return x != 0; }

template <typename T>
struct Narrow {
    template <typename W>
    static __device__ __forceinline__ T of(W x) { return T(x); }
};

template <>
struct Narrow<f16> {
    static __device__ __forceinline__ f16 of(float x) { return f16{float_to_half(x)}; }
};

template <>
struct Narrow<bf16> {
    static __device__ __forceinline__ bf16 of(float x) { return bf16{float_to_bf16(x)}; }
};

template <typename T, typename W>
__device__ __forceinline__ T narrow(W x) {
    return Narrow<T>::of(x);
}

/* Two elements of 16 bits that follow each other, the first at an even place. */
template <typename T>
__device__ __forceinline__ u32 two(const T *at) {
    return *reinterpret_cast<const u32 *>(at);
}

template <typename T>
__device__ __forceinline__ u32 two(T low, T high) {
    return u32(low.bits) | u32(high.bits) << 16;
}
