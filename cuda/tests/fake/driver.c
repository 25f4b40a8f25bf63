/* A driver for tests whose device is this machine: addresses are the host's, and modules.c has its kernels. Work is done
   when a stream is waited for, and not before, so that what does not wait shows. */
#include "fake.h"

static int live, lost;
static unsigned calls, allocations;
static double now_ms;
static _Thread_local int current;
static int refused(stream *of);

unsigned fault(const char *name) {
    const char *asked = getenv("FAKE_CUDA"), *found = asked ? strstr(asked, name) : 0;
    return found ? strtoul(found + strlen(name) + 1, 0, 10) : 0;
}

void need(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

void born(void) { live++; }
int died(void) { return live--, lost; }
int is_current(void) { return current; }
void pass_time(double ms) { now_ms += ms; }
int is_captured(void) { return refused(0); }

int broken(void) {
    unsigned gone = fault("lost");
    if (gone && ++calls >= gone) lost = UNKNOWN;
    return lost;
}

static void tell(void) { fprintf(stderr, "left over: %d\n", live); }

/* Every call fails once the context is lost, and where none is current. */
#define ENTER                                                                                                         \
    if (broken()) return lost;                                                                                        \
    if (!current) return NO_CONTEXT

/* Devices and contexts. */

int cuInit(unsigned flags) { return atexit(tell) || flags; }
int cuDriverGetVersion(int *version) { return *version = 13000, broken(); }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal ? NO_DEVICE : broken(); }
int cuDeviceGetName(char *name, int size, int device) { return snprintf(name, size, "Pretend %d", device) < 0; }
int cuDeviceGetUuid_v2(char *uuid, int device) {
    for (int i = 0; i < 16; i++) uuid[i] = (char)(i * 17);
    return device;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
    if (broken()) return lost;
    return born(), *context = (void *)0x11, device;
}
int cuDevicePrimaryCtxRelease_v2(int device) { return need(!device, "the device"), died(); }
int cuCtxSetCurrent(void *context) { return current = context == (void *)0x11, broken(); }
int cuMemGetInfo_v2(size_t *free, size_t *total) {
    ENTER;
    return *free = (size_t)100 << 30, *total = (size_t)140 << 30, OK;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    switch (attribute) {
    case 16: *value = 132; return device;       /* multiprocessors */
    case 38: *value = 50 << 20; return device;  /* second cache */
    case 75: *value = 9; return device;         /* compute capability */
    case 76: *value = 0; return device;
    case 97: *value = 227 << 10; return device; /* shared memory of a block that asks for it */
    default: return INVALID;
    }
}

/* Memory. */

static struct { pointer at; size_t bytes; } blocks[1024];

int within(pointer at, size_t bytes) {
    for (int i = 0; i < 1024; i++)
        if (blocks[i].bytes && at >= blocks[i].at && at + bytes <= blocks[i].at + blocks[i].bytes) return 1;
    return 0;
}

static int is_due(void) { return ++allocations == fault("memory"); }

int cuMemAlloc_v2(pointer *at, size_t bytes) {
    ENTER;
    if (!bytes) return INVALID;
    if (bytes > (size_t)1 << 32 || is_due()) return NO_MEMORY;
    int i = 0;
    while (blocks[i].bytes) i++;
    blocks[i].at = *at = (pointer)aligned_alloc(256, (bytes + 255) / 256 * 256);
    return memset((void *)*at, 0xa5, bytes), blocks[i].bytes = bytes, born(), OK;
}

int cuMemFree_v2(pointer at) {
    need(current, "a context where memory is freed");
    for (int i = 0; i < 1024; i++)
        if (blocks[i].bytes && blocks[i].at == at) return blocks[i].bytes = 0, free((void *)at), died();
    return need(0, "memory is freed once"), OK;
}

int cuMemHostAlloc(void **at, size_t bytes, unsigned flags) {
    ENTER;
    if (bytes > (size_t)1 << 32 || is_due()) return NO_MEMORY;
    return *at = malloc(bytes), memset(*at, 0xa5, bytes), born(), flags;
}
int cuMemFreeHost(void *at) { return free(at), died(); }

/* Streams. */

enum { JOBS = 4096 };
struct capture { job jobs[JOBS]; unsigned count; int invalid; unsigned thread; };
struct stream { job jobs[JOBS]; unsigned from, to; struct capture *capture; int origin, unjoined; };
typedef struct { stream *in; unsigned long recorded, passed; double at; struct capture *capture; stream *of; } event;
static stream *streams[64];
static _Thread_local char thread;

static unsigned this_thread(void) { return (unsigned)(uintptr_t)&thread; }

/* A call that no capture may meet. */
static int refused(stream *of) {
    int capturing = 0;
    for (int i = 0; i < 64; i++) {
        stream *one = streams[i];
        if (!one || !one->capture || (of && one != of)) continue;
        if (of || one->capture->thread == this_thread()) one->capture->invalid = capturing = 1;
    }
    return capturing ? UNSUPPORTED : OK;
}

int enqueue(stream *to, int (*run)(const void *), const void *with, size_t size) {
    job new = {run, {0}};
    need(size <= sizeof new.with, "work that fits");
    memcpy(new.with, with, size);
    struct capture *capture = to->capture;
    to->unjoined = capture && !to->origin;
    if (capture && capture->invalid) return INVALIDATED;
    unsigned *end = capture ? &capture->count : &to->to;
    need(*end < JOBS, "little work");
    (capture ? capture->jobs : to->jobs)[(*end)++] = new;
    return OK;
}

static void step(stream *of) {
    job *next = &of->jobs[of->from++];
    int failed = lost ? OK : next->run(next->with);
    if (failed) lost = failed;
    if (of->from == of->to) of->from = of->to = 0;
}

static int drain(stream *of) {
    while (of->from < of->to) step(of);
    return lost;
}

int cuStreamCreate(stream **made, unsigned flags) {
    ENTER;
    need(flags == 1, "a stream that waits for no other");
    int i = 0;
    while (streams[i]) i++;
    return *made = streams[i] = calloc(1, sizeof(stream)), born(), OK;
}
int cuStreamDestroy_v2(stream *of) {
    need(current, "a context where a stream is destroyed");
    drain(of);
    for (int i = 0; i < 64; i++)
        if (streams[i] == of) streams[i] = 0;
    return free(of), died();
}
int cuStreamSynchronize(stream *of) {
    ENTER;
    return refused(of) ? UNSUPPORTED : drain(of);
}
int cuCtxSynchronize(void) {
    ENTER;
    if (refused(0)) return UNSUPPORTED;
    for (int i = 0; i < 64; i++)
        if (streams[i]) drain(streams[i]);
    return lost;
}

/* Events. */

typedef struct { event *of; unsigned long mark; } passing;

static int pass(const void *with) {
    const passing *one = with;
    return one->of->passed = one->mark, one->of->at = now_ms, OK;
}
static int wait(const void *with) {
    const passing *one = with;
    while (one->of->passed < one->mark) step(one->of->in);
    return OK;
}
static int nothing(const void *with) { return (void)with, OK; }

int cuEventCreate(event **made, unsigned flags) {
    ENTER;
    return *made = calloc(1, sizeof(event)), born(), flags;
}
int cuEventDestroy_v2(event *of) { return free(of), died(); }
int cuEventRecord(event *of, stream *in) {
    ENTER;
    of->capture = in->capture;
    of->in = in;
    if (in->capture) return enqueue(in, nothing, "", 1);
    passing mark = {of, ++of->recorded};
    return enqueue(in, pass, &mark, sizeof mark);
}
int cuStreamWaitEvent(stream *in, event *of, unsigned flags) {
    ENTER;
    if (of->capture) { /* joins the capture, or is joined by it */
        in->capture = of->capture;
        of->in->unjoined = 0;
        return enqueue(in, nothing, "", 1);
    }
    passing mark = {of, of->recorded};
    return flags ? INVALID : enqueue(in, wait, &mark, sizeof mark);
}
int cuEventSynchronize(event *of) {
    ENTER;
    while (of->passed < of->recorded) step(of->in);
    return lost;
}
int cuEventQuery(event *of) {
    ENTER;
    return of->passed < of->recorded ? NOT_READY : OK;
}
int cuEventElapsedTime_v2(float *ms, event *from, event *to) {
    ENTER;
    if (!from->recorded || !to->recorded) return 400;
    if (from->passed < from->recorded || to->passed < to->recorded) return NOT_READY;
    return *ms = (float)(to->at - from->at), OK;
}

/* Copies. */

typedef struct { void *to; const void *from; size_t bytes; } copying;

static int do_copy(const void *with) {
    const copying *one = with;
    now_ms += one->bytes / 1e6;
    return memcpy(one->to, one->from, one->bytes), OK;
}
static int do_clear(const void *with) {
    const copying *one = with;
    return memset(one->to, 0, one->bytes), OK;
}
static int copy(pointer to, pointer from, size_t bytes, stream *in) {
    copying one = {(void *)to, (const void *)from, bytes};
    return enqueue(in, do_copy, &one, sizeof one);
}

int cuMemcpyHtoDAsync_v2(pointer to, const void *from, size_t bytes, stream *in) {
    ENTER;
    return need(within(to, bytes), "a copy to the device"), copy(to, (pointer)from, bytes, in);
}
int cuMemcpyDtoHAsync_v2(void *to, pointer from, size_t bytes, stream *in) {
    ENTER;
    return need(within(from, bytes), "a copy from the device"), copy((pointer)to, from, bytes, in);
}
int cuMemcpyDtoDAsync_v2(pointer to, pointer from, size_t bytes, stream *in) {
    ENTER;
    return need(within(from, bytes) && within(to, bytes), "a copy on the device"), copy(to, from, bytes, in);
}
int cuMemsetD8Async(pointer to, unsigned char value, size_t bytes, stream *in) {
    ENTER;
    copying one = {(void *)to, 0, bytes};
    need(within(to, bytes) && !value, "zeros on the device");
    return enqueue(in, do_clear, &one, sizeof one);
}

/* Graphs. */

int cuStreamBeginCapture_v2(stream *of, int mode) {
    ENTER;
    need(mode == 1 && !of->capture, "a capture of this thread");
    of->capture = calloc(1, sizeof(struct capture));
    of->capture->thread = this_thread();
    return of->origin = 1, born(), OK;
}
int cuStreamEndCapture(stream *of, struct capture **graph) {
    struct capture *done = of->capture;
    int unjoined = 0;
    *graph = 0;
    if (!done) return 401;
    if (done->thread != this_thread()) return WRONG_THREAD;
    for (int i = 0; i < 64; i++) {
        if (!streams[i] || streams[i]->capture != done) continue;
        unjoined |= streams[i]->unjoined;
        streams[i]->capture = 0;
        streams[i]->origin = streams[i]->unjoined = 0;
    }
    int failed = lost ? lost : fault("capture") ? (int)fault("capture") : done->invalid ? INVALIDATED : unjoined ? UNJOINED : OK;
    if (failed) return free(done), died(), failed;
    return *graph = done, OK;
}
int cuGraphGetNodes(struct capture *of, void *nodes, size_t *count) {
    ENTER;
    need(!nodes, "the number of nodes");
    *count = 0;
    for (unsigned i = 0; i < of->count; i++) *count += of->jobs[i].run != nothing;
    return OK;
}
int cuGraphInstantiateWithFlags(struct capture **made, struct capture *of, unsigned long long flags) {
    ENTER;
    if (fault("instantiate")) return NO_MEMORY;
    *made = malloc(sizeof *of);
    return memcpy(*made, of, sizeof *of), born(), (int)flags;
}
int cuGraphLaunch(struct capture *of, stream *in) {
    ENTER;
    for (unsigned i = 0; i < of->count; i++) {
        int failed = enqueue(in, of->jobs[i].run, of->jobs[i].with, sizeof of->jobs[i].with);
        if (failed) return failed;
    }
    return OK;
}
int cuGraphDestroy(struct capture *of) { return free(of), died(); }
int cuGraphExecDestroy(struct capture *of) { return free(of), died(); }
