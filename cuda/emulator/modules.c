/* NVRTC and the driver's modules for tests: kernels of CUDA C++ are compiled for this machine, and a launch runs every
   thread of them. FAKE_CUDA_FOLDER is where they are compiled; the fault `compile` refuses to. */
#include <dlfcn.h>
#include <unistd.h>

#include "../tests/fake/fake.h"

#ifndef KERNEL_H
#error "KERNEL_H names the header that makes CUDA C++ of C++"
#endif

static unsigned launches, programs;

/* NVRTC. */

typedef struct { char *source; char path[512]; char log[4096]; } program;

int nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, OK; }
int nvrtcCreateProgram(program **made, const char *source, const char *name, int headers, const char *const *texts,
                       const char *const *names) {
    need(!name && !headers && !texts && !names, "one source");
    *made = calloc(1, sizeof(program));
    return (*made)->source = strdup(source), born(), OK;
}

int nvrtcCompileProgram(program *of, int number, const char *const *options) {
    const char *folder = getenv("FAKE_CUDA_FOLDER");
    char command[2048], source[512];
    need(number == 2 && !strcmp(options[0], "--gpu-architecture=sm_90"), "the device's architecture");
    need(!strcmp(options[1], "--std=c++17"), "the language");
    need(folder != 0, "a folder to compile in");
    if (fault("compile")) return strcpy(of->log, "kernels(1): error: made up"), 6;
    snprintf(of->path, sizeof of->path, "%s/%d-%u.so", folder, getpid(), programs++);
    snprintf(source, sizeof source, "%s.cpp", of->path);
    FILE *file = fopen(source, "w");
    need(file != 0, "a source that can be written");
    fprintf(file, "#include \"%s\"\n%s", KERNEL_H, of->source);
    fclose(file);
    /* Shared memory is static: kernels of one name, of different programs, have each their own. */
    snprintf(command, sizeof command, "g++ -std=c++17 -O1 -w -fPIC -shared -fno-gnu-unique -Wl,-Bsymbolic -fno-strict-aliasing -o %s %s 2>&1", of->path, source);
    FILE *compiler = popen(command, "r");
    need(compiler != 0, "a compiler");
    size_t said = fread(of->log, 1, sizeof of->log - 1, compiler);
    of->log[said] = 0;
    int failed = pclose(compiler);
    return unlink(source), failed ? 6 : OK;
}
int nvrtcGetProgramLogSize(program *of, size_t *size) { return *size = strlen(of->log) + 1, OK; }
int nvrtcGetProgramLog(program *of, char *log) { return strcpy(log, of->log), OK; }
int nvrtcGetCUBINSize(program *of, size_t *size) { return *size = strlen(of->path) + 6, OK; }
int nvrtcGetCUBIN(program *of, char *code) { return sprintf(code, "code %s", of->path) < 0; }
int nvrtcDestroyProgram(program **of) { return free((*of)->source), free(*of), died(), *of = 0, OK; }

/* Modules. */

typedef struct { void *file; void (*emulate)(void *, const unsigned *, unsigned, const void *); } module;
typedef struct { void *body; module *of; } function;

#define ENTER                                                                                                         \
    if (broken()) return broken();                                                                                    \
    if (!is_current()) return NO_CONTEXT

int cuModuleLoadData(module **made, const char *image) {
    ENTER;
    if (is_captured()) return UNSUPPORTED;
    if (strncmp(image, "code ", 5)) return NO_IMAGE;
    void *file = dlopen(image + 5, RTLD_NOW | RTLD_LOCAL);
    if (!file) return fprintf(stderr, "%s\n", dlerror()), NO_IMAGE;
    *made = calloc(1, sizeof(module));
    (*made)->file = file;
    *(void **)&(*made)->emulate = dlsym(file, "tare_emulate");
    return need((*made)->emulate != 0, "kernels that can be emulated"), born(), OK;
}
int cuModuleUnload(module *of) { return dlclose(of->file), free(of), died(); }

/* Functions live as long as the process, as does the little that they take. */
int cuModuleGetFunction(function **made, module *of, const char *name) {
    ENTER;
    void *body = dlsym(of->file, name);
    if (!body) return NOT_FOUND;
    *made = malloc(sizeof(function));
    (*made)->body = body;
    (*made)->of = of;
    return OK;
}
int cuFuncSetAttribute(function *of, int attribute, int value) {
    ENTER;
    return of && attribute == 8 && value <= 227 << 10 ? OK : INVALID;
}

typedef struct { function *what; unsigned grid[3], threads; uint64_t at[16]; } launching;

static int run(const void *with) {
    const launching *one = with;
    unsigned due = fault("sticky");
    pass_time(0.002);
    if (due && ++launches >= due) return ILLEGAL_ADDRESS;
    one->what->of->emulate(one->what->body, one->grid, one->threads, one->at);
    return OK;
}

int cuLaunchKernel(function *what, unsigned x, unsigned y, unsigned z, unsigned block_x, unsigned block_y, unsigned block_z,
                   unsigned shared, stream *in, void **arguments, void **extra) {
    ENTER;
    need(block_y == 1 && block_z == 1 && !extra, "a plain launch");
    if (!x || !y || !z || y > 65535 || z > 65535 || !block_x || block_x > 1024 || shared > 48 << 10) return INVALID;
    launching one = {what, {x, y, z}, block_x, {0}};
    memcpy(one.at, arguments[0], sizeof one.at);
    return enqueue(in, run, &one, sizeof one);
}
