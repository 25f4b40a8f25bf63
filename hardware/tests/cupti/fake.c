/* A library with CUPTI's names for tests. What it does is written to the file of its own path with ".conf" added: lines of
   `key=value`, and of records, a letter and numbers. Records of kinds that are enabled are written, once for each serial, when
   all is flushed, in the layouts of CUDA 13.0, whose sizes are asserted below. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID_PARAMETER = 1, NO_MORE = 12, INVALID_KIND = 21, MULTIPLE_SUBSCRIBERS = 39 };
enum { MEMCPY = 1, MEMSET = 2, DRIVER = 4, RUNTIME = 5, KERNEL = 10 };

#define RECORD __attribute__((packed, aligned(8)))
struct RECORD kernel {
    uint32_t kind; uint8_t caches, shared_config; uint16_t registers; uint32_t partitioned[2];
    uint64_t start, end, completed;
    uint32_t device, context, stream; int32_t grid[3], block[3], static_shared, dynamic_shared;
    uint32_t local_thread, local_total, correlation; int64_t grid_id; const char *name; void *reserved;
    uint64_t queued, submitted; uint8_t launch, carveout[2], padding; uint32_t shared_executed; uint64_t node;
    uint32_t limit, graph; void *policy; uint32_t channel, channel_kind, cluster[3], scheduling; uint64_t local_v2;
    uint32_t clusters[2]; uint8_t launched_by_device, padding3[7];
};
struct RECORD copy {
    uint32_t kind; uint8_t way, ends[2], flags; uint64_t bytes, start, end;
    uint32_t device, context, stream, correlation, runtime_correlation, pad; void *reserved;
    uint64_t node; uint32_t graph, channel, channel_kind; uint8_t launched_by_device, pad2[3]; uint64_t count;
};
struct RECORD fill {
    uint32_t kind, value; uint64_t bytes, start, end; uint32_t device, context, stream, correlation;
    uint16_t flags, memory; uint32_t pad; void *reserved; uint64_t node; uint32_t graph, channel, channel_kind;
    uint8_t launched_by_device, pad2[3];
};
struct RECORD call {
    uint32_t kind, function; uint64_t start, end; uint32_t process, thread, correlation, returned;
};

_Static_assert(sizeof(struct kernel) == 216, "CUpti_ActivityKernel10");
_Static_assert(sizeof(struct copy) == 96, "CUpti_ActivityMemcpy6");
_Static_assert(sizeof(struct fill) == 88, "CUpti_ActivityMemset4");
_Static_assert(sizeof(struct call) == 40, "CUpti_ActivityAPI");

static FILE *conf(void) {
    Dl_info self;
    char path[4096];
    dladdr((void *)conf, &self);
    snprintf(path, sizeof path, "%s.conf", self.dli_fname);
    return fopen(path, "r");
}

static long long number(const char *key, long long otherwise) {
    char line[512];
    FILE *file = conf();
    while (file && fgets(line, sizeof line, file)) {
        char *value = strchr(line, '=');
        if (!value) continue;
        *value++ = 0;
        if (!strcmp(line, key)) otherwise = atoll(value);
    }
    if (file) fclose(file);
    return otherwise;
}

static int fault(const char *call) {
    char key[64];
    snprintf(key, sizeof key, "fail.%s", call);
    return (int)number(key, OK);
}

static int subscribed, enabled[64];
static void (*request)(uint8_t **, size_t *, size_t *);
static void (*complete)(void *, uint32_t, uint8_t *, size_t, size_t);
static uint8_t *buffer;
static size_t size, written, in_buffer;
static long long lost;

int cuptiGetVersion(uint32_t *version) { *version = (uint32_t)number("version", 130001); return fault("version"); }
int cuptiGetTimestamp(uint64_t *now) { *now = (uint64_t)number("now", 0); return fault("now"); }
int cuptiSubscribe(void **handle, void *callback, void *data) {
    (void)callback; (void)data;
    if (subscribed) return MULTIPLE_SUBSCRIBERS;
    if (fault("subscribe")) return fault("subscribe");
    subscribed = 1;
    *handle = &subscribed;
    return OK;
}
int cuptiUnsubscribe(void *handle) {
    if (handle != &subscribed || !subscribed) return INVALID_PARAMETER;
    subscribed = 0;
    return OK;
}
int cuptiActivityRegisterCallbacks(void *requested, void *completed) {
    request = requested;
    complete = completed;
    return fault("register");
}
int cuptiActivityEnable(uint32_t kind) {
    char key[32];
    snprintf(key, sizeof key, "enable.%u", kind);
    if (fault(key)) return fault(key);
    enabled[kind] = 1;
    return OK;
}
int cuptiActivityDisable(uint32_t kind) { enabled[kind] = 0; return OK; }

static void give_back(void) {
    if (buffer) complete((void *)1, 7, buffer, size, written);
    buffer = NULL;
}

static void put(const void *record, size_t bytes) {
    long long room = number("room", 1 << 30);
    if (!enabled[*(const uint32_t *)record]) return;
    if (buffer && (written + bytes > size || (long long)in_buffer >= room)) give_back();
    if (!buffer) {
        size_t most;
        request(&buffer, &size, &most);
        written = in_buffer = 0;
        if (!buffer || size < bytes) { buffer = NULL; lost++; return; }
        memset(buffer, 0, size);
    }
    memcpy(buffer + written, record, bytes);
    written += bytes;
    in_buffer++;
}

/* The letter, then correlation, start and end; of a kernel its stream and name, of a copy its way and bytes, of a fill its
   bytes. */
static void record(const char *line) {
    unsigned correlation, stream;
    unsigned long long start, end, bytes;
    char kind, name[256] = "";
    if (sscanf(line, "%c %u %llu %llu %u %255s", &kind, &correlation, &start, &end, &stream, name) < 4) return;
    sscanf(line, "%*c %*u %*u %*u %llu %llu", &bytes, &bytes);
    if (kind == 'k') {
        struct kernel one = { .kind = KERNEL, .start = start, .end = end, .stream = stream, .correlation = correlation };
        one.name = *name ? strdup(name) : NULL;
        put(&one, sizeof one);
    } else if (kind == 'c') {
        struct copy one = { .kind = MEMCPY, .way = (uint8_t)stream, .bytes = bytes, .start = start, .end = end };
        one.correlation = correlation;
        put(&one, sizeof one);
    } else if (kind == 'm') {
        struct fill one = { .kind = MEMSET, .bytes = stream, .start = start, .end = end, .correlation = correlation };
        put(&one, sizeof one);
    } else if (kind == 'r' || kind == 'd') {
        struct call one = { .kind = kind == 'r' ? RUNTIME : DRIVER, .start = start, .end = end };
        one.correlation = correlation;
        put(&one, sizeof one);
    }
}

int cuptiActivityFlushAll(uint32_t forced) {
    static long long last;
    char line[512];
    if (!forced || fault("flush")) return fault("flush");
    if (number("serial", 0) != last) {
        last = number("serial", 0);
        FILE *file = conf();
        while (file && fgets(line, sizeof line, file))
            if (line[1] == ' ') record(line);
        if (file) fclose(file);
        for (long long flood = number("flood", 0); flood > 0; flood--) record("k 1 1 2 7 flood");
        lost += number("drop", 0);
    }
    give_back();
    return OK;
}

int cuptiActivityGetNumDroppedRecords(void *context, uint32_t stream, size_t *dropped) {
    (void)context; (void)stream;
    *dropped = (size_t)lost;
    lost = 0;
    return OK;
}

int cuptiActivityGetNextRecord(uint8_t *from, size_t valid, void **record) {
    uint8_t *next = *record;
    if (number("astray", 0)) { *record = from + valid; return OK; }
    if (next && number("invalid", 0)) return INVALID_KIND;
    if (!next) next = from;
    else switch (*(uint32_t *)next) {
        case KERNEL: next += sizeof(struct kernel); break;
        case MEMCPY: next += sizeof(struct copy); break;
        case MEMSET: next += sizeof(struct fill); break;
        default: next += sizeof(struct call);
    }
    if (next >= from + valid) return NO_MORE;
    *record = next;
    return fault("next");
}
