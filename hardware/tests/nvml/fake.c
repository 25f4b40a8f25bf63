/* A library with NVML's names for tests. What it does is written, at any time, to the file of its own path with
   ".conf" added, one `key=value` a line; numbers that are not given are zero. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID = 2, UNSUPPORTED = 3, PERMISSION = 4, NOT_FOUND = 6, NO_DRIVER = 9, SMALL = 7, LOST = 15 };

static int text(const char *key, char *into, unsigned size) {
    Dl_info self;
    char path[4096], line[256];
    dladdr((void *)text, &self);
    snprintf(path, sizeof path, "%s.conf", self.dli_fname);
    FILE *file = fopen(path, "r");
    int found = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *value = strchr(line, '=');
        if (!value) continue;
        *value++ = 0;
        value[strcspn(value, "\n")] = 0;
        if (!strcmp(line, key)) { snprintf(into, size, "%s", value); found = 1; }
    }
    if (file) fclose(file);
    return found;
}

static long long number(const char *key) {
    char value[64];
    return text(key, value, sizeof value) ? atoll(value) : 0;
}

static long long of(const char *key, void *device) {
    char own[64];
    snprintf(own, sizeof own, "%s.%ld", key, (long)device - 1);
    char value[64];
    return text(own, value, sizeof value) ? atoll(value) : number(key);
}

/* Hangs or fails where the test says so for this call. */
static int mood(const char *call) {
    char key[64];
    snprintf(key, sizeof key, "hang.%s", call);
    while (number(key)) usleep(2000);
    snprintf(key, sizeof key, "fail.%s", call);
    return (int)number(key);
}

#define CALL(name) int fault = mood(name); if (fault) return fault

int nvmlInit_v2(void) { CALL("init"); return OK; }
int nvmlShutdown(void) { return OK; }
int nvmlSystemGetDriverVersion(char *into, unsigned size) { snprintf(into, size, "570.124.06"); return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12080; return OK; }
int nvmlDeviceGetCount_v2(unsigned *count) { CALL("count"); *count = (unsigned)number("count"); return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    CALL("device");
    if (index >= (unsigned)number("count")) return INVALID;
    *device = (void *)(long)(index + 1);
    return OK;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    CALL("device");
    char *end;
    long index = strncmp(uuid, "GPU-", 4) ? -1 : strtol(uuid + 4, &end, 10);
    if (index < 0 || *end || index >= number("count")) return NOT_FOUND;
    *device = (void *)(index + 1);
    return OK;
}
int nvmlDeviceGetIndex(void *device, unsigned *index) { *index = (unsigned)((long)device - 1); return OK; }
int nvmlDeviceGetName(void *device, char *into, unsigned size) {
    (void)device; CALL("name"); snprintf(into, size, "NVIDIA H200"); return OK;
}
int nvmlDeviceGetUUID(void *device, char *into, unsigned size) {
    CALL("uuid"); snprintf(into, size, "GPU-%ld", (long)device - 1); return OK;
}
struct memory { unsigned version; unsigned long long total, reserved, free, used; };
int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory) {
    CALL("memory");
    memory->total = 1000000; memory->reserved = 1000;
    memory->used = (unsigned long long)of("used", device); memory->free = memory->total - memory->used;
    return OK;
}
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
    (void)device; *major = 9; *minor = 0; return OK;
}
int nvmlDeviceGetEccMode(void *device, unsigned *now, unsigned *later) {
    (void)device; CALL("ecc"); *now = *later = 1; return OK;
}
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *later) {
    CALL("mig"); *now = *later = (unsigned)of("mig", device); return OK;
}
int nvmlDeviceGetPersistenceMode(void *device, unsigned *mode) { (void)device; *mode = 1; return OK; }
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *limit) { (void)device; *limit = 650000; return OK; }
int nvmlDeviceGetPowerManagementDefaultLimit(void *device, unsigned *limit) { (void)device; *limit = 700000; return OK; }
int nvmlDeviceGetMaxClockInfo(void *device, int kind, unsigned *clock) {
    (void)device; *clock = kind == 2 ? 3201 : 1980; return OK;
}
int nvmlDeviceGetMaxPcieLinkGeneration(void *device, unsigned *value) { (void)device; *value = 5; return OK; }
int nvmlDeviceGetMaxPcieLinkWidth(void *device, unsigned *value) { (void)device; *value = 16; return OK; }

int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
    CALL("energy"); *millijoules = (unsigned long long)of("energy", device); return OK;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    CALL("usage"); *milliwatts = (unsigned)of("usage", device); return OK;
}
struct field {
    unsigned id, scope; long long at, took; unsigned kind; int result;
    union { double d; unsigned u; unsigned long long l; } value;
};
int nvmlDeviceGetFieldValues(void *device, int count, struct field *fields) {
    for (int index = 0; index < count; index++) {
        fields[index].result = fields[index].id == 186 ? mood("power") : UNSUPPORTED;
        fields[index].kind = 1;
        fields[index].value.u = (unsigned)of("power", device);
    }
    return OK;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *reasons) {
    CALL("throttle"); *reasons = (unsigned long long)of("throttle", device); return OK;
}
/* What was asked of the clocks is added, a line each, to the file of the library's path with ".log" added. */
static int clocks(const char *what, void *device) {
    Dl_info self;
    char path[4096];
    dladdr((void *)text, &self);
    snprintf(path, sizeof path, "%s.log", self.dli_fname);
    FILE *file = fopen(path, "a");
    if (file) { fprintf(file, "%s GPU-%ld\n", what, (long)device - 1); fclose(file); }
    return OK;
}
int nvmlDeviceSetGpuLockedClocks(void *device, unsigned least, unsigned most) {
    CALL("lock");
    if (of("withheld", device)) return (int)of("withheld", device);
    return least == 0xffffff01u && most == least ? clocks("lock", device) : INVALID;
}
int nvmlDeviceResetGpuLockedClocks(void *device) { CALL("free"); return clocks("free", device); }
struct process { unsigned pid; unsigned long long memory; unsigned instance, part; };
static int processes(const char *key, void *device, unsigned *count, struct process *into) {
    CALL("processes");
    char own[64], list[256] = "";
    snprintf(own, sizeof own, "%s.%ld", key, (long)device - 1);
    if (!text(own, list, sizeof list)) text(key, list, sizeof list);
    struct process found[16];
    unsigned seen = 0;
    for (char *entry = strtok(list, ","); entry && seen < 16; entry = strtok(NULL, ",")) {
        unsigned pid = 0;
        unsigned long long memory = 0;
        sscanf(entry, "%u:%llu", &pid, &memory);
        found[seen++] = (struct process){pid, memory, ~0u, ~0u};
    }
    int fits = *count >= seen && (into || !seen);
    *count = seen;
    if (!fits) return SMALL;
    memcpy(into, found, seen * sizeof *found);
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *into) {
    return processes("compute", device, count, into);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, struct process *into) {
    return processes("graphics", device, count, into);
}
