/* Modules and NVRTC for tests: code is its source, and the kernels that it may name are functions below. */
#include "fake.h"

static unsigned launches;

#define ENTER                                                                                                         \
    if (broken()) return broken();                                                                                    \
    if (!is_current()) return NO_CONTEXT

typedef struct { char source[4096]; } module;

int cuModuleLoadData(module **made, const char *image) {
    ENTER;
    if (is_captured()) return UNSUPPORTED;
    if (strncmp(image, "code ", 5)) return NO_IMAGE;
    *made = calloc(1, sizeof(module));
    return snprintf((*made)->source, sizeof(module), "%s", image), born(), OK;
}
int cuModuleUnload(module *of) { return free(of), died(); }

static const char *const NAMES[] = {"add", "stray", "general"};
static int shared_allowed = 48 << 10;

int cuModuleGetFunction(const char **function, module *of, const char *name) {
    ENTER;
    for (int i = 0; i < 3; i++)
        if (!strcmp(NAMES[i], name) && strstr(of->source, name)) return *function = NAMES[i], OK;
    return NOT_FOUND;
}
int cuFuncSetAttribute(const char *function, int attribute, int value) {
    ENTER;
    if (value > 227 << 10) return INVALID;
    return need(function && attribute == 8, "the most shared memory"), shared_allowed = value, OK;
}

typedef struct { const char *name; size_t threads; uint64_t at[16]; } launching;

/* The element of each thread: at[0] of at[1] plus at[2], floats. */
static int do_launch(const void *with) {
    const launching *one = with;
    unsigned due = fault("sticky");
    pass_time(0.002);
    if (due && ++launches >= due) return ILLEGAL_ADDRESS;
    if (one->name == NAMES[1]) return ILLEGAL_ADDRESS;
    float *d = (float *)one->at[0], *a = (float *)one->at[1], *b = (float *)one->at[2];
    size_t bytes = one->threads * sizeof *d;
    if (!within(one->at[0], bytes) || !within(one->at[1], bytes) || !within(one->at[2], bytes)) return ILLEGAL_ADDRESS;
    for (size_t i = 0; i < one->threads; i++) d[i] = a[i] + b[i];
    return OK;
}

int cuLaunchKernel(const char *function, unsigned x, unsigned y, unsigned z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared, stream *in, void **arguments, void **extra) {
    ENTER;
    need(block_y == 1 && block_z == 1 && !extra, "a plain launch");
    if (!x || !y || !z || !block_x || block_x > 1024 || (int)shared > shared_allowed) return INVALID;
    launching one = {function, (size_t)x * y * z * block_x, {0}};
    if (function == NAMES[2]) /* three arguments of their own */
        for (int i = 0; i < 3; i++) one.at[i] = *(uint64_t *)arguments[i];
    else
        memcpy(one.at, arguments[0], sizeof one.at);
    return enqueue(in, do_launch, &one, sizeof one);
}

/* NVRTC, whose code is the source. */

int nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, OK; }
int nvrtcCreateProgram(char **program, const char *source, const char *name, int headers, const char *const *texts,
                       const char *const *names) {
    need(!name && !headers && !texts && !names, "one source");
    return born(), *program = strdup(source), OK;
}
int nvrtcCompileProgram(char *program, int number, const char *const *options) {
    need(number && !strcmp(options[0], "--gpu-architecture=sm_90"), "the device's architecture");
    return strstr(program, "nonsense") ? 6 : OK;
}
int nvrtcGetProgramLogSize(char *program, size_t *size) { return *size = 25, !program; }
int nvrtcGetProgramLog(char *program, char *log) { return strcpy(log, "line 1:\n  no such thing\n"), !program; }
int nvrtcGetCUBINSize(char *program, size_t *size) { return *size = strlen(program) + 6, OK; }
int nvrtcGetCUBIN(char *program, char *code) { return sprintf(code, "code %s", program) < 0; }
int nvrtcDestroyProgram(char **program) { return free(*program), died(), *program = 0, OK; }
