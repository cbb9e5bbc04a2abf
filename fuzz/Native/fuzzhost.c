// What libFuzzer and a managed runtime need to live in one process: every way in which managed or native code can fail
// becomes a crash that libFuzzer knows of, with its input saved and a readable stack.
#define _GNU_SOURCE
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { EXIT_FINDING = 77, FIRST_PC = 0x100000, PC_STEP = 16, MAX_REGIONS = 64, SAMPLE_MS = 50, REPORT_SECONDS = 10 };

typedef int (*test_callback)(const uint8_t *data, size_t size);
typedef size_t (*mutate_callback)(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
typedef size_t (*cross_over_callback)(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
                                      uint8_t *out, size_t max_out_size, unsigned int seed);
typedef void (*symbolize_callback)(size_t site, const char *format, char *out, size_t out_size);

int LLVMFuzzerRunDriver(int *argc, char ***argv, test_callback callback);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

static struct { uint8_t *start; size_t size; } regions[MAX_REGIONS];
static size_t region_count, site_count = 1;
static test_callback run_test;
static mutate_callback mutate;
static cross_over_callback cross_over;
static symbolize_callback symbolize;
static void (*death_callback)(void);
static double hang_seconds;
static volatile uint64_t run_parity;          // odd while the target runs
static volatile sig_atomic_t active, tripped, hang_reported;
static volatile double tripped_at;
static long dying_thread;

static void put(const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(STDERR_FILENO, text, left);
        if (written <= 0)
            return;
        text += written;
        left -= (size_t)written;
    }
}

static void put_error(const char *what)
{
    char line[256];
    snprintf(line, sizeof line, "\n==%d== ERROR: libFuzzer: %s\n", (int)getpid(), what);
    put(line);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// --- Counters ---------------------------------------------------------------------------------------------------------

static void protect_counters(int protection)
{
    for (size_t i = 0; i < region_count; i++)
        mprotect(regions[i].start, regions[i].size, protection);
}

// Maps the counters of one assembly at their fixed address and makes them known. Returns the number of its first site.
size_t fuzzhost_register(uint8_t *address, const uint8_t *flags, size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (count + page - 1) / page * page;
    void *map = mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    uintptr_t *pcs = malloc((count + 1) * 2 * sizeof *pcs);
    if (map != address || pcs == NULL || region_count == MAX_REGIONS) {
        char line[256];
        snprintf(line, sizeof line, "fuzz: the address %p of an assembly's counters is taken: give each assembly a page of its own\n",
                 (void *)address);
        put(line);
        _exit(1);
    }
    size_t first = site_count;
    for (size_t i = 0; i < count; i++) {
        pcs[2 * i] = FIRST_PC + (first + i) * PC_STEP;
        pcs[2 * i + 1] = flags[i];
    }
    regions[region_count].start = address;
    regions[region_count++].size = size;
    site_count += count;
    __sanitizer_cov_8bit_counters_init(address, address + count);
    __sanitizer_cov_pcs_init(pcs, pcs + 2 * count);
    return first;
}

// One site is the run itself, so that an input counts as seen even if it reaches no instrumented code.
static uint8_t run_counter;
static const uintptr_t run_site[] = { FIRST_PC, 1 };

static void register_run(void)
{
    __sanitizer_cov_8bit_counters_init(&run_counter, &run_counter + 1);
    __sanitizer_cov_pcs_init(run_site, run_site + 2);
}

void fuzzhost_set_symbolizer(symbolize_callback callback)
{
    symbolize = callback;
}

void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t out_size)
{
    size_t site = ((uintptr_t)pc - FIRST_PC) / PC_STEP;
    out[0] = 0;
    if (symbolize != NULL && (uintptr_t)pc >= FIRST_PC && site < site_count)
        symbolize(site, format, out, out_size);
}

int __sanitizer_get_module_and_offset_for_pc(void *pc, char *module, size_t module_size, void **offset)
{
    snprintf(module, module_size, "managed");
    *offset = pc;
    return 1;
}

// --- Mutators ---------------------------------------------------------------------------------------------------------

void fuzzhost_set_mutator(mutate_callback change, cross_over_callback mix)
{
    mutate = change;
    cross_over = mix;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    return mutate != NULL ? mutate(data, size, max_size, seed) : LLVMFuzzerMutate(data, size, max_size);
}

// 0 makes libFuzzer choose another mutation.
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t max_out_size, unsigned int seed)
{
    return cross_over != NULL ? cross_over(first, first_size, second, second_size, out, max_out_size, seed) : 0;
}

// --- Failures ---------------------------------------------------------------------------------------------------------

// libFuzzer calls this where it exists; its callback saves the input and prints the statistics.
void __sanitizer_set_death_callback(void (*callback)(void))
{
    death_callback = callback;
}

// Ends the process after the input is saved. A second thread that dies meanwhile waits, or it would cut off the writing.
_Noreturn void fuzzhost_die(int code)
{
    long none = 0, self = syscall(SYS_gettid);
    int first = __atomic_compare_exchange_n(&dying_thread, &none, self, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    if (!first && none != self)
        for (;;)
            pause();
    if (first && death_callback != NULL)
        death_callback();
    _exit(code);
}

// libFuzzer asks before it reports a crash of its own: the first one may. Its timeout asks again later, so it can wait for the
// runtime to print the stack of a loop; a loop in code without counters never prints one.
int __sanitizer_acquire_crash_state(void)
{
    static int acquired;
    if (tripped && !hang_reported && now_seconds() - tripped_at < REPORT_SECONDS)
        return 0;
    return __atomic_exchange_n(&acquired, 1, __ATOMIC_SEQ_CST) == 0;
}

void __sanitizer_print_stack_trace(void)
{
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
}

// The runtime ends with this after a stack overflow, FailFast, a wild pointer in managed code or an exception on another thread,
// when the managed stack is printed already. It precedes libc's in the order of lookup.
_Noreturn void abort(void)
{
    if (active && tripped && dying_thread == 0) {
        sigset_t alarm;
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
        protect_counters(PROT_READ | PROT_WRITE);
        hang_reported = 1;
        for (;;)
            pause();   // until libFuzzer's own alarm saves the input as a timeout
    }
    if (active) {
        put_error("the runtime gave up; its report stands above");
        fuzzhost_die(EXIT_FINDING);
    }
    signal(SIGABRT, SIG_DFL);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGABRT);
    _exit(134);
}

static void install(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void die_of_finding(void)
{
    fuzzhost_die(EXIT_FINDING);
}

// libFuzzer's callback needs more stack than the runtime gives to signal handlers.
static _Noreturn void die_on_own_stack(void)
{
    static uint8_t stack[1 << 20];
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = sizeof stack;
    context.uc_link = NULL;
    makecontext(&context, die_of_finding, 0);
    setcontext(&context);
    _exit(EXIT_FINDING);
}

static void fatal_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    if (active) {
        char what[128];
        snprintf(what, sizeof what, "deadly signal %d (%s) in native code", number, strsignal(number));
        put_error(what);
        __sanitizer_print_stack_trace();
        die_on_own_stack();
    }
    signal(number, SIG_DFL);
    raise(number);
}

// Before the runtime installs its handlers, so that it passes on to these what it has no use for.
__attribute__((constructor)) static void install_early(void)
{
    static const int numbers[] = { SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        install(numbers[i], fatal_signal);
}

#ifdef FUZZHOST_NATIVE_AOT
// The runtime of NativeAOT programs takes a stack overflow for any other fault, so this handler stands in front of its own.
enum { ALTERNATE_STACK = 256 << 10, OVERFLOW_REACH = 64 << 10 };
static struct sigaction runtime_fault;
static uint8_t *stack_low;

static void stack_fault(int number, siginfo_t *info, void *context)
{
    uint8_t *address = info->si_addr;
    if (active && address >= stack_low - OVERFLOW_REACH && address < stack_low + OVERFLOW_REACH) {
        put_error("stack overflow");
        __sanitizer_print_stack_trace();
        fuzzhost_die(EXIT_FINDING);
    }
    runtime_fault.sa_sigaction(number, info, context);
}

static void watch_stack(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    stack_low = low;
    stack_t alternate = { .ss_sp = malloc(ALTERNATE_STACK), .ss_size = ALTERNATE_STACK };
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, NULL, &runtime_fault);
    install(SIGSEGV, stack_fault);
}
#endif

// Shortly before libFuzzer's timeout the counters become inaccessible: the next one to be touched faults inside of the loop, the
// runtime prints the managed stack, and no handler in the target can catch that.
static void *watch_for_hangs(void *unused)
{
    (void)unused;
    uint64_t seen = 0;
    double since = now_seconds();
    for (;;) {
        nanosleep(&(struct timespec){ 0, SAMPLE_MS * 1000000L }, NULL);
        uint64_t now = run_parity;
        if (now != seen || now % 2 == 0) {
            seen = now;
            since = now_seconds();
            continue;
        }
        if (now_seconds() - since >= hang_seconds && !tripped) {
            tripped_at = now_seconds();
            tripped = 1;
            protect_counters(PROT_NONE);
        }
    }
    return NULL;
}

static void start_watch(void)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&thread, NULL, watch_for_hangs, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// --- Running ----------------------------------------------------------------------------------------------------------

static int run_one(const uint8_t *data, size_t size)
{
    run_parity++;
    run_counter++;
    int result = run_test(data, size);
    run_parity++;
    return result;
}

// Runs libFuzzer. hang_after: seconds after which a run counts as hanging, or 0 to leave hangs to libFuzzer alone.
int fuzzhost_run(int argc, char **argv, test_callback callback, double hang_after)
{
    void *frame[1];
    backtrace(frame, 1);   // loads the unwinder, which must not happen inside of a signal handler
    register_run();
    run_test = callback;
    hang_seconds = hang_after;
    active = 1;
    if (hang_seconds > 0)
        start_watch();
    install(SIGABRT, fatal_signal);
#ifdef FUZZHOST_NATIVE_AOT
    watch_stack();
#endif
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    return LLVMFuzzerRunDriver(&argc, &argv, run_one);
}
