/* The smallest server of the tree that every server of the comparison serves: one thread per processor, one read, one
 * switch, one write. What the transport loses against this is its own. The tree is the one of NullServer/NullTree.cs.
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { ROOT = 1, TREE = 3, NAMES = 4, BIG = 5, FIRST_DIRECTORY = 1000, FIRST_FILE = 100000, FIRST_NAME = 1000000 };
enum { DIRECTORIES = 100, FILES = 100, NAME_COUNT = 200000, BLOCK = 4096, TRANSFER = 1 << 20 };
enum { SILENT = -4096 };

static const uint64_t forever = 1ull << 32;

static int is_directory(uint64_t node) { return node != BIG && node < FIRST_FILE; }

static uint64_t size_of(uint64_t node)
{
    if (node == BIG) {
        return 128ull << 20;
    }
    return node >= FIRST_NAME ? 0 : node >= FIRST_FILE ? 1024 : BLOCK;
}

static uint64_t numbered(const char *name, const char *prefix, unsigned count, uint64_t first)
{
    size_t length = strlen(prefix);
    unsigned number = 0;
    if (strncmp(name, prefix, length) != 0) {
        return 0;
    }
    for (const char *at = name + length; *at; at++) {
        if (*at < '0' || *at > '9' || number >= count) {
            return 0;
        }
        number = number * 10 + (unsigned)(*at - '0');
    }
    return number < count ? first + number : 0;
}

static uint64_t find(uint64_t directory, const char *name)
{
    switch (directory) {
    case ROOT: return !strcmp(name, "tree") ? TREE : !strcmp(name, "names") ? NAMES : !strcmp(name, "big") ? BIG : 0;
    case TREE: return numbered(name, "d", DIRECTORIES, FIRST_DIRECTORY);
    case NAMES: return numbered(name, "entry-", NAME_COUNT, FIRST_NAME);
    default: return numbered(name, "f", FILES, FIRST_FILE + (directory - FIRST_DIRECTORY) * FILES);
    }
}

static int put_number(char *name, const char *prefix, unsigned number, int digits)
{
    int length = (int)strlen(prefix);
    memcpy(name, prefix, (size_t)length);
    for (int at = length + digits - 1; at >= length; at--) {
        name[at] = (char)('0' + number % 10);
        number /= 10;
    }
    return length + digits;
}

static uint64_t child_at(uint64_t directory, unsigned index, char *name, int *length)
{
    static const char *const top[] = { "tree", "names", "big" };
    switch (directory) {
    case ROOT:
        *length = (int)strlen(top[index]);
        memcpy(name, top[index], (size_t)*length);
        return TREE + index;
    case TREE: *length = put_number(name, "d", index, 3); return FIRST_DIRECTORY + index;
    case NAMES: *length = put_number(name, "entry-", index, 6); return FIRST_NAME + index;
    default: *length = put_number(name, "f", index, 3); return FIRST_FILE + (directory - FIRST_DIRECTORY) * FILES + index;
    }
}

static void put_attributes(struct fuse_attr *attr, uint64_t node)
{
    memset(attr, 0, sizeof *attr);
    attr->ino = node;
    attr->size = size_of(node);
    attr->blocks = attr->size / 512;
    attr->mode = (is_directory(node) ? S_IFDIR : S_IFREG) | 0755;
    attr->nlink = 1;
    attr->blksize = BLOCK;
}

static void put_entry(struct fuse_entry_out *entry, uint64_t node)
{
    memset(entry, 0, sizeof *entry);
    entry->entry_valid = forever;
    if (node) {
        entry->nodeid = node;
        entry->attr_valid = forever;
        put_attributes(&entry->attr, node);
    }
}

static int list(uint64_t node, const struct fuse_read_in *in, char *body, int is_plus)
{
    unsigned count = node == ROOT ? 3 : node == TREE ? DIRECTORIES : node == NAMES ? NAME_COUNT : FILES;
    size_t length = 0, prefix = is_plus ? sizeof(struct fuse_entry_out) : 0;
    for (uint64_t index = in->offset; index < count; index++) {
        char name[32];
        int name_length;
        uint64_t child = child_at(node, (unsigned)index, name, &name_length);
        size_t size = prefix + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + (size_t)name_length);
        if (size > in->size - length) {
            break;
        }
        if (is_plus) {
            put_entry((struct fuse_entry_out *)(body + length), child);
        }
        struct fuse_dirent *record = (struct fuse_dirent *)(body + length + prefix);
        memset(record, 0, size - prefix);
        record->ino = child;
        record->off = index + 1;
        record->namelen = (uint32_t)name_length;
        record->type = is_directory(child) ? 4 : 8;
        memcpy(record->name, name, (size_t)name_length);
        length += size;
    }
    return (int)length;
}

/* The length of the reply's body, a negative error, or SILENT. */
static int serve(const struct fuse_in_header *header, const char *in, char *body)
{
    switch (header->opcode) {
    case FUSE_INIT: {
        const struct fuse_init_in *offer = (const void *)in;
        struct fuse_init_out *out = (void *)body;
        memset(out, 0, sizeof *out);
        out->major = FUSE_KERNEL_VERSION;
        out->minor = FUSE_KERNEL_MINOR_VERSION;
        out->max_readahead = offer->max_readahead;
        out->flags = offer->flags & (FUSE_ASYNC_READ | FUSE_EXPORT_SUPPORT | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS
            | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_NO_OPEN_SUPPORT
            | FUSE_NO_OPENDIR_SUPPORT | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS);
        out->max_background = 64;
        out->congestion_threshold = 48;
        out->max_write = TRANSFER;
        out->time_gran = 1;
        out->max_pages = TRANSFER / BLOCK;
        return sizeof *out;
    }
    case FUSE_LOOKUP: put_entry((struct fuse_entry_out *)body, find(header->nodeid, in)); return sizeof(struct fuse_entry_out);
    case FUSE_GETATTR: {
        struct fuse_attr_out *out = (void *)body;
        memset(out, 0, sizeof *out);
        out->attr_valid = forever;
        put_attributes(&out->attr, header->nodeid);
        return sizeof *out;
    }
    case FUSE_READ: {
        const struct fuse_read_in *read = (const void *)in;
        uint64_t size = size_of(header->nodeid);
        return read->offset >= size ? 0 : (int)(size - read->offset < read->size ? size - read->offset : read->size);
    }
    case FUSE_READDIR: return list(header->nodeid, (const void *)in, body, 0);
    case FUSE_READDIRPLUS: return list(header->nodeid, (const void *)in, body, 1);
    case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT: return SILENT;
    case FUSE_RELEASE: case FUSE_RELEASEDIR: case FUSE_DESTROY: case FUSE_SYNCFS: return 0;
    default: return -ENOSYS;
    }
}

/* Serves until the connection ends, or, the first time, until the mount is initialised. */
static void *work(int device, int is_first)
{
    char *request = aligned_alloc(BLOCK, TRANSFER + BLOCK);
    char *reply = (char *)aligned_alloc(BLOCK, TRANSFER + BLOCK) + BLOCK - sizeof(struct fuse_out_header);
    for (;;) {
        ssize_t count = read(device, request, TRANSFER + BLOCK);
        if (count < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) {
            continue;
        }
        if (count < 0) {
            return NULL;
        }
        const struct fuse_in_header *header = (const void *)request;
        struct fuse_out_header *out = (void *)reply;
        int result = serve(header, request + sizeof *header, reply + sizeof *out);
        if (result == SILENT) {
            continue;
        }
        out->unique = header->unique;
        out->error = result < 0 ? result : 0;
        out->len = (uint32_t)sizeof *out + (result < 0 ? 0 : (uint32_t)result);
        if (write(device, reply, out->len) < 0 && errno != ENOENT) {
            perror("floor: write");
        }
        if (is_first) {
            return NULL;
        }
    }
}

static void *worker(void *argument)
{
    uint32_t device = (uint32_t)(intptr_t)argument;
    int clone = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (clone < 0 || ioctl(clone, FUSE_DEV_IOC_CLONE, &device) < 0) {
        clone = (int)device;
    }
    return work(clone, 0);
}

int main(int argc, char **argv)
{
    char options[128];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (argc != 2 || device < 0) {
        fputs("floor MOUNTPOINT\n", stderr);
        return 1;
    }
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", device);
    if (mount("floor", argv[1], "fuse.floor", MS_RDONLY | MS_NOSUID | MS_NODEV, options) < 0) {
        perror("floor: mount");
        return 1;
    }
    work(device, 1);
    int processors = get_nprocs() < 2 ? 2 : get_nprocs();
    pthread_t threads[processors];
    for (int index = 0; index < processors; index++) {
        pthread_create(&threads[index], NULL, worker, (void *)(intptr_t)device);
    }
    for (int index = 0; index < processors; index++) {
        pthread_join(threads[index], NULL);
    }
    return 0;
}
