/* NVIDIA's driver, NVRTC and cuBLASLt for tests, all in one library: what they are asked for takes time by known
   rates on a clock of their own, and what is not within what was allocated ends the process. FAKE_GPU names faults
   of `memory`, `lost`, `formats` and `source`. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, NO_DEVICE = 101, NO_IMAGE = 200, FAILED = 719 };

typedef unsigned long long pointer;

static double now_ms;
static int live;

static int fault(const char *name) {
    const char *asked = getenv("FAKE_GPU");
    return asked && strstr(asked, name);
}

static void need(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

static void spend(double amount, double per_s) { now_ms += amount / per_s * 1e3; }

static void tell(void) { fprintf(stderr, "left over: %d\n", live); }

/* The driver. */

static struct { pointer at; size_t bytes; } blocks[1024];
static unsigned count;

static int within(pointer at, size_t bytes) {
    for (unsigned i = 0; i < count; i++)
        if (at >= blocks[i].at && at + bytes <= blocks[i].at + blocks[i].bytes) return 1;
    return 0;
}

static void *const STREAM = (void *)0x77, *const CONTEXT = (void *)0x11, *const MODULE = (void *)0x55;

int cuInit(unsigned flags) { return atexit(tell) || flags; }
/* NVRTC asks for it where it finds a driver. */
int cuGetExportTable(const void **table, const void *id) { *table = 0; return id ? INVALID : INVALID; }
int cuDriverGetVersion(int *version) { return *version = 13000, OK; }
int cuDeviceGetCount(int *count) { return *count = 1, OK; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal ? NO_DEVICE : OK; }
int cuDeviceGetName(char *name, int size, int device) { return snprintf(name, size, "Pretend %d", device) < 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { return live++, *context = CONTEXT, device; }
int cuDevicePrimaryCtxRelease_v2(int device) { return live--, device; }
int cuCtxSetCurrent(void *context) { return context == CONTEXT ? OK : INVALID; }
int cuCtxSynchronize(void) { return OK; }

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    switch (attribute) {
    case 16: *value = 132; return device;      /* multiprocessors */
    case 38: *value = 50 << 20; return device; /* second cache */
    case 75: *value = 9; return device;        /* compute capability */
    case 76: *value = 0; return device;
    case 97: *value = 227 << 10; return device; /* shared memory of a block that asks for it */
    default: return INVALID;
    }
}

int cuMemGetInfo_v2(size_t *free, size_t *total) { return *free = *total = (size_t)140 << 30, OK; }

int cuMemAlloc_v2(pointer *at, size_t bytes) {
    if (!bytes) return INVALID;
    if (fault("memory") && bytes >= 256 << 20) return NO_MEMORY;
    *at = count ? blocks[count - 1].at + blocks[count - 1].bytes + 4096 : 0x7f0000000000;
    need(count < 1024, "few allocations");
    blocks[count].at = *at;
    blocks[count++].bytes = bytes;
    return live++, OK;
}

int cuMemFree_v2(pointer at) {
    for (unsigned i = 0; i < count; i++)
        if (blocks[i].at == at && blocks[i].bytes) return blocks[i].bytes = 0, live--, OK;
    return need(0, "memory is freed once"), OK;
}

int cuMemsetD8Async(pointer at, unsigned char value, size_t bytes, void *stream) {
    return need(within(at, bytes) && !value && stream == STREAM, "memory is set within itself"), OK;
}

int cuMemcpyHtoDAsync_v2(pointer to, const void *from, size_t bytes, void *stream) {
    need(within(to, bytes) && ((const char *)from)[bytes - 1] && stream == STREAM, "a copy to the device");
    return spend(bytes, 50e9), OK;
}

int cuMemcpyDtoHAsync_v2(void *to, pointer from, size_t bytes, void *stream) {
    need(within(from, bytes) && stream == STREAM, "a copy from the device");
    return memset(to, 1, bytes), spend(bytes, 40e9), OK;
}

int cuMemHostAlloc(void **at, size_t bytes, unsigned flags) { return live++, *at = malloc(bytes), flags; }
int cuMemFreeHost(void *at) { return free(at), live--, OK; }
int cuStreamCreate(void **stream, unsigned flags) { return live++, *stream = STREAM, flags != 1; }
int cuStreamDestroy_v2(void *stream) { return live--, stream != STREAM; }
int cuStreamSynchronize(void *stream) { return stream != STREAM; }
int cuEventCreate(void **event, unsigned flags) { return live++, *event = calloc(1, sizeof now_ms), flags; }
int cuEventDestroy_v2(void *event) { return free(event), live--, OK; }
int cuEventRecord(double *event, void *stream) { return *event = now_ms, stream != STREAM; }
/* Calls that nothing here makes, and that a driver has. */
int cuEventQuery(void *event) { return !event; }
int cuEventSynchronize(void *event) { return !event; }
int cuStreamWaitEvent(void *stream, void *event, unsigned flags) { return !stream || !event || flags; }
int cuFuncSetAttribute(void *function, int attribute, int value) { return !function || attribute < value; }
int cuMemcpyDtoDAsync_v2(pointer to, pointer from, size_t bytes, void *stream) {
    return need(within(to, bytes) && within(from, bytes), "a copy on the device"), stream != STREAM;
}
int cuEventElapsedTime_v2(float *ms, double *from, double *to) { return *ms = *to - *from, OK; }
int cuModuleLoadData(void **module, const void *image) {
    return live++, *module = MODULE, memcmp(image, "code", 4) ? NO_IMAGE : OK;
}
int cuModuleUnload(void *module) { return live--, module != MODULE; }

static const char *const NAMES[] = {"tare_nothing", "tare_fma_fp32", "tare_fma_fp16", "tare_read", "tare_triad"};

int cuModuleGetFunction(void **function, void *module, const char *name) {
    for (unsigned i = 0; i < 5; i++)
        if (!strcmp(NAMES[i], name)) return *function = (void *)NAMES[i], module != MODULE;
    return INVALID;
}

static void multiply_add(void **arguments, double threads, double lanes) {
    need(within(*(pointer *)arguments[0], threads * 4), "a word for each thread");
    need(*(uint32_t *)arguments[2] == (lanes == 2 ? 0x3c003c00 : 0x3f800000), "a term of one");
    spend(2 * lanes * 16 * 32 * *(unsigned *)arguments[3] * threads, 60e12 * lanes);
}

static void read_all(void **arguments, double threads) {
    size_t bytes = *(uint64_t *)arguments[1] * 16;
    unsigned passes = *(unsigned *)arguments[2];
    need(within(*(pointer *)arguments[0], bytes), "reading within memory");
    need(within(*(pointer *)arguments[3], threads * 4), "a word for each thread");
    spend((double)bytes * passes, passes > 1 ? 8e12 : 4e12);
}

static void triad(void **arguments) {
    pointer a = *(pointer *)arguments[0], b = *(pointer *)arguments[1], c = *(pointer *)arguments[2];
    size_t bytes = *(uint64_t *)arguments[4] * 16;
    unsigned passes = *(unsigned *)arguments[5];
    need(within(a, bytes) && within(b, bytes) && within(c, bytes), "arrays within memory");
    need(b == a + bytes && c == b + bytes, "three arrays side by side");
    spend(3.0 * bytes * passes, passes > 1 ? 6e12 : 3e12);
}

int cuLaunchKernel(void *function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned threads_x,
                   unsigned threads_y, unsigned threads_z, unsigned shared, void *stream, void **arguments,
                   void **extra) {
    double threads = (double)blocks_x * threads_x;
    need(blocks_y * blocks_z * threads_y * threads_z == 1 && !shared && stream == STREAM && !extra, "a plain launch");
    if (fault("lost") && now_ms > 1000) return FAILED;
    if (function == NAMES[0]) now_ms += 0.002;
    if (function == NAMES[1]) multiply_add(arguments, threads, 1);
    if (function == NAMES[2]) multiply_add(arguments, threads, 2);
    if (function == NAMES[3]) read_all(arguments, threads);
    if (function == NAMES[4]) triad(arguments);
    return OK;
}

/* NVRTC, whose code is the architecture that it was asked for. */

int nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, OK; }
int nvrtcCreateProgram(void **program, const char *source, const char *name, int headers, const char *const *texts,
                       const char *const *names) {
    need(strstr(source, "tare_triad") && !name && !headers && !texts && !names, "the kernels are compiled");
    return live++, *program = (void *)0x33, OK;
}
int nvrtcCompileProgram(void *program, int number, const char *const *options) {
    need(number == 4 && !strcmp(options[0], "--gpu-architecture=sm_90"), "the device's architecture");
    return fault("source") ? 6 : program != (void *)0x33;
}
int nvrtcGetProgramLogSize(void *program, size_t *size) { return *size = 9, !program; }
int nvrtcGetProgramLog(void *program, char *log) { return strcpy(log, "line 1:\n"), !program; }
int nvrtcGetCUBINSize(void *program, size_t *size) { return *size = 4, !program; }
int nvrtcGetCUBIN(void *program, char *code) { return memcpy(code, "code", 4), !program; }
int nvrtcDestroyProgram(void **program) { return live--, *program = 0, OK; }

/* cuBLASLt, whose ways are 100 to 104; the second is not to be used, the fourth is the fastest. */

struct layout { int type; uint64_t rows, columns; int64_t leading; };
struct product { int compute, scale, transposed; };
struct way { uint64_t algorithm[8]; size_t workspace; int state; float waves; int reserved[4]; };

static size_t bytes(const struct layout *of) {
    int each = of->type == 0 || of->type == 10 ? 4 : of->type == 2 || of->type == 14 ? 2 : 1;
    need(of->leading == (int64_t)of->rows && of->rows == of->columns, "a square matrix");
    return of->rows * of->columns * each;
}

static void *kept(size_t size, const void *value) { return live++, memcpy(malloc(size), value, size); }
static int gone(void *value) { return free(value), live--, OK; }

size_t cublasLtGetVersion(void) { return 130100; }
int cublasLtMatmulAlgoCheck(void) { return 15; }
int cublasLtCreate(void **handle) { return live++, *handle = (void *)0x99, OK; }
int cublasLtDestroy(void *handle) { return live--, handle != (void *)0x99; }
int cublasLtMatrixLayoutCreate(void **made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    struct layout layout = {type, rows, columns, leading};
    return *made = kept(sizeof layout, &layout), OK;
}
int cublasLtMatrixLayoutSetAttribute(struct layout *of, int attribute, const void *value, size_t size) {
    return !of || !value || attribute < 0 || !size;
}
int cublasLtMatrixLayoutDestroy(void *made) { return gone(made); }
int cublasLtMatmulDescCreate(void **made, int compute, int scale) {
    struct product product = {compute, scale, 0};
    return *made = kept(sizeof product, &product), OK;
}
int cublasLtMatmulDescSetAttribute(struct product *of, int attribute, const int *value, size_t size) {
    need((attribute == 3 || attribute == 4 || attribute == 7) && size == sizeof *value, "operations and epilogue");
    need(attribute == 3 || *value == (attribute == 7), "the second factor as it is, and nothing after the product");
    if (attribute == 3) of->transposed = *value;
    return OK;
}
int cublasLtMatmulDescDestroy(void *made) { return gone(made); }
int cublasLtMatmulPreferenceCreate(void **made) { return *made = kept(1, ""), OK; }
int cublasLtMatmulPreferenceSetAttribute(void *of, int attribute, const uint64_t *value, size_t size) {
    if (attribute == 1) return need(of && size == 8 && *value == 32 << 20, "the largest workspace"), OK;
    if (attribute == 3) return need(size == 4 && *(const uint32_t *)value & 2, "parts of sums added as sums"), OK;
    need(attribute >= 5 && attribute <= 8 && size == 4 && *(const uint32_t *)value == 256, "alignments");
    return OK;
}
int cublasLtMatmulPreferenceDestroy(void *made) { return gone(made); }

int cublasLtMatmulAlgoGetHeuristic(void *handle, struct product *of, struct layout *a, struct layout *b,
                                   struct layout *c, struct layout *d, void *preference, int asked, struct way *ways,
                                   int *given) {
    need(handle && of->transposed && preference && asked == 8, "ways are asked for");
    need(!memcmp(a, b, sizeof *a) && !memcmp(c, d, sizeof *c), "two factors that are alike");
    memset(ways, 0, asked * sizeof *ways);
    for (*given = 0; *given < 5; ++*given) {
        ways[*given].algorithm[0] = 100 + *given;
        ways[*given].state = *given == 1 ? 15 : 0;
    }
    return fault("formats") && a->type == 28 ? 15 : OK;
}

int cublasLtMatmul(void *handle, struct product *of, const uint32_t *alpha, pointer a, struct layout *a_layout,
                   pointer b, struct layout *b_layout, const uint32_t *beta, pointer c, struct layout *c_layout,
                   pointer d, struct layout *d_layout, const uint64_t *way, pointer workspace, size_t size,
                   void *stream) {
    static const double share[] = {0.5, 0, 0.7, 1, 0.9};
    double rows = a_layout->rows, rate = of->compute == 77 ? 400e12 : a_layout->type == 0 ? 50e12 : 800e12;
    need(handle && stream == STREAM && within(workspace, size), "room to work in");
    need(within(a, bytes(a_layout)) && within(b, bytes(b_layout)), "factors within memory");
    need(within(d, bytes(d_layout)) && c == d && !memcmp(c_layout, d_layout, sizeof *d_layout), "a product within memory");
    need(*alpha == (of->scale == 10 ? 1 : 0x3f800000) && !*beta, "scaled by one and zero");
    need(*way >= 100 && *way <= 104 && *way != 101, "a way that may be used");
    return spend(2 * rows * rows * rows, rate * share[*way - 100]), OK;
}
