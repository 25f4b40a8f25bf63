/* CUDA C++ as ordinary C++: a kernel's threads are fibers of one thread of the host, which give way where a kernel waits.
   A thread that waits for others which have ended, or wait elsewhere, ends the process. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define __CUDA_EMULATED__ 1
#define __device__
#define __global__
#define __grid_constant__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)

namespace emulated {

struct Index {
    unsigned x, y, z;
};

/* NUMBERS is of those that a lane gives to its warp at once. */
enum { LANES = 32, NUMBERS = 12, MOST = 1024, STACK = 128 << 10 };

struct Barrier {
    unsigned arrived, generation, expected;
};

static Index thread, block, threads, blocks;
static unsigned living, turns_since_progress;
static Barrier all, warps[MOST / LANES];
static unsigned values[MOST / LANES][LANES][NUMBERS];

struct Fiber {
    void *stack_pointer;
    bool ended;
};

static Fiber fibers[MOST];
static char *stacks;
static void *scheduler;
static unsigned current;
/* Whether the last thread has the first turn: what waits for too little may show in one order only. */
static bool backwards;

#if defined(__x86_64__)
extern "C" void tare_emulated_switch(void **from, void *to);
asm(".text\n"
    ".local tare_emulated_switch\n"
    ".type tare_emulated_switch,@function\n"
    "tare_emulated_switch:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, (%rdi)\n"
    "  mov %rsi, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n");

static void *fresh(char *stack, void (*body)()) {
    void **top = reinterpret_cast<void **>(stack + STACK);
    *--top = nullptr;
    *--top = reinterpret_cast<void *>(body);
    return top - 6;
}

#define SWITCH(from, to) tare_emulated_switch(from, to)
#else
#error "kernels are emulated on x86-64 only"
#endif

[[noreturn]] inline void stop(const char *reason) {
    fprintf(stderr, "emulated kernel: %s, in block %u %u %u, thread %u\n", reason, block.x, block.y, block.z, thread.x);
    abort();
}

inline void give_way() {
    if (++turns_since_progress > 4 * threads.x + 4) stop("threads wait for others that do not come");
    SWITCH(&fibers[current].stack_pointer, scheduler);
}

inline void wait(Barrier &barrier) {
    unsigned generation = barrier.generation;
    turns_since_progress = 0;
    if (++barrier.arrived == barrier.expected) {
        barrier.arrived = 0;
        barrier.generation++;
        return;
    }
    while (barrier.generation == generation) give_way();
}

inline unsigned lanes_of(unsigned warp) {
    unsigned left = threads.x - warp * LANES;
    return left < LANES ? left : LANES;
}

inline void wait_for_warp() { wait(warps[thread.x / LANES]); }

/* Numbers of all lanes of the warp, after all have given theirs. */
inline const unsigned (*exchange(const void *own, unsigned count))[NUMBERS] {
    unsigned warp = thread.x / LANES;
    memcpy(values[warp][thread.x % LANES], own, count * sizeof(unsigned));
    wait_for_warp();
    return values[warp];
}

/* What kernels take, by value. */
struct Arguments {
    unsigned long long at[16];
};

static void (*kernel_body)(Arguments);
static Arguments kernel_arguments;

static void fiber_body() {
    kernel_body(kernel_arguments);
    fibers[current].ended = true;
    living--;
    turns_since_progress = 0;
    SWITCH(&fibers[current].stack_pointer, scheduler);
    stop("an ended thread goes on");
}

static void run_block() {
    living = threads.x;
    turns_since_progress = 0;
    all = Barrier{0, 0, threads.x};
    for (unsigned warp = 0; warp * LANES < threads.x; warp++) warps[warp] = Barrier{0, 0, lanes_of(warp)};
    for (unsigned number = 0; number < threads.x; number++) {
        fibers[number] = Fiber{fresh(stacks + size_t(number) * STACK, fiber_body), false};
    }
    while (living) {
        for (unsigned turn = 0; turn < threads.x; turn++) {
            current = backwards ? threads.x - 1 - turn : turn;
            if (fibers[current].ended) continue;
            thread = Index{current, 0, 0};
            SWITCH(&scheduler, fibers[current].stack_pointer);
        }
    }
}

}  // namespace emulated

#define threadIdx emulated::thread
#define blockIdx emulated::block
#define blockDim emulated::threads
#define gridDim emulated::blocks

inline float __int_as_float(unsigned bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

inline unsigned __float_as_int(float x) {
    unsigned bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}

/* To the nearest, halves to the even one: _Float16 does as IEEE 754 says. */
inline float half_to_float(unsigned short bits) {
    _Float16 x;
    memcpy(&x, &bits, sizeof x);
    return float(x);
}

inline unsigned short float_to_half(float x) {
    _Float16 half = _Float16(x);
    unsigned short bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

inline unsigned short float_to_bf16(float x) {
    unsigned bits = __float_as_int(x);
    if (x != x) return 0x7fff;
    return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float of_lane(float x, int mask) {
    unsigned own = __float_as_int(x);
    const unsigned(*all)[emulated::NUMBERS] = emulated::exchange(&own, 1);
    float value = __int_as_float(all[(threadIdx.x % 32) ^ unsigned(mask)][0]);
    emulated::wait_for_warp();
    return value;
}

inline void block_wait() { emulated::wait(emulated::all); }

/* By the fragments' definition in PTX's documentation of mma.m16n8k16: a thread's `line` is its lane over 4, its `pair` twice
   the rest. */
inline void multiply_add(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], bool brain) {
    float own[emulated::NUMBERS];
    for (int at = 0; at < 12; at++) {
        unsigned two = at < 8 ? a[at / 2] : b[at / 2 - 4];
        unsigned short bits = (unsigned short)(at % 2 ? two >> 16 : two);
        own[at] = brain ? __int_as_float(unsigned(bits) << 16) : half_to_float(bits);
    }
    const unsigned(*all)[emulated::NUMBERS] = emulated::exchange(own, 12);
    unsigned lane = threadIdx.x % 32, line = lane / 4, pair = lane % 4 * 2;
    for (unsigned piece = 0; piece < 4; piece++) {
        unsigned row = line + piece / 2 * 8, column = pair + piece % 2;
        float sum = 0.0f;
        for (unsigned k = 0; k < 16; k++) {
            unsigned left = all[row % 8 * 4 + k % 8 / 2][(row / 8 + k / 8 * 2) * 2 + k % 2];
            unsigned right = all[column * 4 + k % 8 / 2][8 + k / 8 * 2 + k % 2];
            sum += __int_as_float(left) * __int_as_float(right);
        }
        d[piece] += sum;
    }
    emulated::wait_for_warp();
}

inline bool claim(unsigned long long *at, unsigned long long value) {
    if (*at) return false;
    *at = value;
    return true;
}

/* Runs every block of a kernel. */
extern "C" __attribute__((visibility("default"))) void tare_emulate(void (*body)(emulated::Arguments), const unsigned *grid,
                                                                    unsigned block_threads, const emulated::Arguments *arguments) {
    using namespace emulated;
    if (!block_threads || block_threads > MOST) stop("so many threads a block cannot be");
    const char *asked = getenv("FAKE_CUDA");
    backwards = asked && strstr(asked, "backwards");
    if (!stacks) stacks = static_cast<char *>(malloc(size_t(MOST) * STACK));
    kernel_body = body;
    kernel_arguments = *arguments;
    threads = Index{block_threads, 1, 1};
    blocks = Index{grid[0], grid[1], grid[2]};
    for (block.z = 0; block.z < grid[2]; block.z++)
        for (block.y = 0; block.y < grid[1]; block.y++)
            for (block.x = 0; block.x < grid[0]; block.x++) run_block();
}
