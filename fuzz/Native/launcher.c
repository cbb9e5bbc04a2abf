// The executable of a fuzz target: contains libFuzzer, starts the .NET runtime in this process, and runs the managed program
// beside it (or in the folder "managed" beside it) on this thread. Copies of it under other names select other targets.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FUZZ_PROGRAM
#error "FUZZ_PROGRAM must name the managed program, for example \"Driver.dll\""
#endif

typedef int (*run_program)(int argc, const char **argv, const char *host_path, const char *dotnet_root, const char *app_path);

// Fuzzing services know a target by these bytes.
__attribute__((used)) static const char marker[] = "LLVMFuzzerTestOneInput";

static int fail(const char *what, const char *which)
{
    fprintf(stderr, "launcher: %s %s\n", what, which);
    return 1;
}


// The newest libhostfxr.so of an installed runtime.
static int find_host(const char *root, char *path)
{
    char pattern[PATH_MAX];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/host/fxr/*/libhostfxr.so", root);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    const char *best = found.gl_pathv[0];
    for (size_t i = 1; i < found.gl_pathc; i++)
        if (strverscmp(found.gl_pathv[i], best) > 0)
            best = found.gl_pathv[i];
    snprintf(path, PATH_MAX, "%s", best);
    globfree(&found);
    return 1;
}

int main(int argc, char **argv)
{
    char self[PATH_MAX], folder[PATH_MAX], program[PATH_MAX + 256], host[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return fail("cannot read", "/proc/self/exe");
    self[length] = 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(self, '/') - self), self);
    snprintf(program, sizeof program, "%s/managed/" FUZZ_PROGRAM, folder);
    if (access(program, R_OK) != 0)
        snprintf(program, sizeof program, "%s/" FUZZ_PROGRAM, folder);
    if (access(program, R_OK) != 0)
        return fail("cannot find", program);

    // A runtime that came with the program, or else an installed one.
    const char *roots[] = { getenv("DOTNET_ROOT"), "/usr/share/dotnet", "/usr/lib/dotnet" }, *root = folder;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(program, '/') - program), program);
    snprintf(host, sizeof host, "%s/libhostfxr.so", folder);
    if (access(host, R_OK) != 0) {
        root = NULL;
        for (size_t i = 0; i < sizeof roots / sizeof *roots && root == NULL; i++)
            if (roots[i] != NULL && find_host(roots[i], host))
                root = roots[i];
        if (root == NULL)
            return fail("no .NET runtime: set DOTNET_ROOT, or publish self-contained;", "looked in /usr/share/dotnet and /usr/lib/dotnet");
    }

    // Else every process that crashes leaves a debugger's pipe behind in /tmp.
    setenv("DOTNET_EnableDiagnostics", "0", 0);
    void *library = dlopen(host, RTLD_NOW);
    if (library == NULL)
        return fail("cannot load", dlerror());
    run_program run = (run_program)dlsym(library, "hostfxr_main_startupinfo");
    if (run == NULL)
        return fail("no hostfxr_main_startupinfo in", host);
    return run(argc, (const char **)argv, self, root, program);
}
