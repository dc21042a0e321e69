// A fake camera: an LD_PRELOAD library that makes one path a V4L2 device which returns JPEG files.
//
//     cc -O2 -shared -fPIC -o camera.so camera.c
//     export FAKE_CAMERA_FRAMES=DIR FAKE_CAMERA_FPS=30
//     LD_PRELOAD=./camera.so ustreamer --device /dev/fake-camera --format MJPEG --encoder HW
//
// It supports the part of V4L2 that streaming MJPEG from mapped buffers needs (VIDIOC_S_FMT, VIDIOC_REQBUFS, mmap,
// VIDIOC_DQBUF), and one open device at a time. The descriptor is a timerfd, so select, poll and epoll work without
// changes: like a capture device, it is readable when a frame is due, and never writable.
//
// FAKE_CAMERA_FRAMES  directory of *.jpg, returned in the order of their names, again and again
// FAKE_CAMERA_FPS     frames per second, default 30
// FAKE_CAMERA_PATH    path of the device, default /dev/fake-camera
// FAKE_CAMERA_STAMP   if set, each frame has the time at which it was due: a COM segment after SOI, 8 bytes
//                     big-endian, nanoseconds of CLOCK_MONOTONIC

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <linux/videodev2.h>

#define BUFFERS 32
#define STAMP_BYTES 12 // FF FE, length 00 0A, 8 bytes of time

// The symbol that ours replaces.
#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // a program may return buffers from another thread

static struct { unsigned char *bytes; size_t size; } *frames;
static size_t frame_count;

static int camera = -1; // the descriptor, while the device is open
static int stamped;
static uint64_t interval_ns, start_ns, ticks;
static uint32_t width = 640, height = 480, buffer_size;
static unsigned char *buffers[BUFFERS]; // as mapped
static unsigned queue[BUFFERS], queued, buffer_count; // waiting to be filled, the oldest first

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns) {
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static int is_jpeg(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".jpg") == 0;
}

// Reads the directory once per process: a program may open the camera several times.
static int load(void) {
    const char *folder = getenv("FAKE_CAMERA_FRAMES"), *rate = getenv("FAKE_CAMERA_FPS");
    double fps = rate ? atof(rate) : 30;
    if (frame_count > 0) return 0;
    if (!folder || !(fps > 0)) return -1;
    stamped = getenv("FAKE_CAMERA_STAMP") != NULL;
    interval_ns = (uint64_t)(1e9 / fps);
    struct dirent **names;
    int found = scandir(folder, &names, is_jpeg, alphasort);
    if (found <= 0 || !(frames = calloc((size_t)found, sizeof *frames))) return -1;
    size_t largest = 0;
    for (int i = 0; i < found; i++) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        FILE *file = fopen(path, "rb");
        if (!file || fstat(fileno(file), &status) || status.st_size < 4) return -1;
        size_t size = (size_t)status.st_size, extra = stamped ? STAMP_BYTES : 0;
        unsigned char *bytes = malloc(size + extra);
        if (!bytes || fread(bytes, 1, 2, file) != 2) return -1;
        if (fread(bytes + 2 + extra, 1, size - 2, file) != size - 2) return -1;
        if (stamped) memcpy(bytes + 2, "\xff\xfe\x00\x0a\0\0\0\0\0\0\0\0", STAMP_BYTES);
        fclose(file);
        frames[i].bytes = bytes;
        frames[i].size = size + extra;
        if (frames[i].size > largest) largest = frames[i].size;
    }
    buffer_size = (uint32_t)((largest + 4095) & ~(size_t)4095); // whole pages: each buffer is mapped separately
    frame_count = (size_t)found;
    return 0;
}

static int open_camera(void) {
    pthread_mutex_lock(&lock);
    if (camera >= 0) {
        errno = EBUSY;
    } else if (load() == 0) {
        camera = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    } else {
        fprintf(stderr, "camera: no frames: FAKE_CAMERA_FRAMES must name a directory of .jpg files\n");
        errno = ENODEV;
    }
    int opened = camera;
    pthread_mutex_unlock(&lock);
    return opened;
}

static void stream(int on) {
    struct itimerspec timer = {0};
    if (on) { // frame k is due at start + k intervals, even if the one before was fetched late
        start_ns = now_ns();
        ticks = 0;
        timer.it_interval = timespec_of(interval_ns);
        timer.it_value = timespec_of(start_ns + interval_ns);
    } else {
        queued = 0; // V4L2: VIDIOC_STREAMOFF returns all buffers to the program
    }
    timerfd_settime(camera, TFD_TIMER_ABSTIME, &timer, NULL);
}

static int enqueue(const struct v4l2_buffer *buffer) {
    if (buffer->index >= buffer_count || queued == BUFFERS) return errno = EINVAL, -1;
    queue[queued++] = buffer->index;
    return 0;
}

// Fills the oldest buffer with the frame that is due. Without a free buffer the frame is lost, as in a real camera.
static int dequeue(struct v4l2_buffer *buffer) {
    uint64_t passed;
    if (read(camera, &passed, sizeof passed) != sizeof passed) return -1; // EAGAIN: no frame is due
    ticks += passed;
    if (queued == 0 || !buffers[queue[0]]) return errno = EAGAIN, -1;
    unsigned index = queue[0];
    memmove(queue, queue + 1, --queued * sizeof *queue);
    uint64_t due = start_ns + ticks * interval_ns;
    size_t frame = (ticks - 1) % frame_count;
    memcpy(buffers[index], frames[frame].bytes, frames[frame].size);
    for (int i = 0; stamped && i < 8; i++) buffers[index][6 + i] = (unsigned char)(due >> (56 - 8 * i));
    buffer->index = index;
    buffer->bytesused = (uint32_t)frames[frame].size;
    buffer->length = buffer_size;
    buffer->m.offset = index * buffer_size;
    buffer->sequence = (uint32_t)(ticks - 1);
    buffer->field = V4L2_FIELD_NONE;
    buffer->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = (time_t)(due / 1000000000);
    buffer->timestamp.tv_usec = (suseconds_t)(due % 1000000000 / 1000);
    return 0;
}

static int control(unsigned request, void *arg) {
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *able = arg;
        memset(able, 0, sizeof *able);
        strcpy((char *)able->driver, "fake");
        strcpy((char *)able->card, "JPEG files");
        able->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        able->capabilities = able->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_S_INPUT:
        return 0;
    case VIDIOC_S_FMT: // the requested size is reported; the files are not parsed
        width = ((struct v4l2_format *)arg)->fmt.pix.width;
        height = ((struct v4l2_format *)arg)->fmt.pix.height;
        // fall through
    case VIDIOC_G_FMT: {
        struct v4l2_pix_format *picture = &((struct v4l2_format *)arg)->fmt.pix;
        *picture = (struct v4l2_pix_format){.width = width, .height = height, .pixelformat = V4L2_PIX_FMT_MJPEG,
            .field = V4L2_FIELD_NONE, .sizeimage = buffer_size, .colorspace = V4L2_COLORSPACE_JPEG};
        return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: { // the rate is fixed
        struct v4l2_captureparm *rate = &((struct v4l2_streamparm *)arg)->parm.capture;
        *rate = (struct v4l2_captureparm){.capability = V4L2_CAP_TIMEPERFRAME, .readbuffers = 2,
            .timeperframe = {.numerator = (uint32_t)(interval_ns / 1000), .denominator = 1000000}};
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *wanted = arg;
        if (wanted->memory != V4L2_MEMORY_MMAP) return errno = EINVAL, -1;
        if (wanted->count > BUFFERS) wanted->count = BUFFERS;
        buffer_count = wanted->count;
        queued = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = arg;
        if (buffer->index >= buffer_count) return errno = EINVAL, -1;
        buffer->length = buffer_size;
        buffer->m.offset = buffer->index * buffer_size;
        return 0;
    }
    case VIDIOC_QBUF: return enqueue(arg);
    case VIDIOC_DQBUF: return dequeue(arg);
    case VIDIOC_STREAMON: return stream(1), 0;
    case VIDIOC_STREAMOFF: return stream(0), 0;
    default: return errno = ENOTTY, -1; // no controls, standards or events
    }
}

static int is_camera(const char *path) {
    const char *name = getenv("FAKE_CAMERA_PATH");
    return strcmp(path, name ? name : "/dev/fake-camera") == 0;
}

// uStreamer checks that the device exists before it opens it.
int access(const char *path, int mode) {
    return is_camera(path) ? 0 : REAL(int (*)(const char *, int), "access")(path, mode);
}

int open(const char *path, int flags, ...) {
    if (is_camera(path)) return open_camera();
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return REAL(int (*)(const char *, int, ...), "open64")(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int ioctl(int file, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *arg = va_arg(rest, void *);
    va_end(rest);
    if (file != camera || file < 0) return REAL(int (*)(int, unsigned long, ...), "ioctl")(file, request, arg);
    pthread_mutex_lock(&lock);
    int answer = control((unsigned)request, arg);
    pthread_mutex_unlock(&lock);
    return answer;
}

// A buffer is anonymous memory, so the system's munmap works.
void *mmap64(void *at, size_t length, int protection, int flags, int file, off64_t offset) {
    typedef void *map(void *, size_t, int, int, int, off64_t);
    map *real = REAL(map *, "mmap64");
    if (file != camera || file < 0) return real(at, length, protection, flags, file, offset);
    size_t index = (size_t)offset / buffer_size;
    if (index >= buffer_count || length > buffer_size) return errno = EINVAL, MAP_FAILED;
    void *memory = real(at, buffer_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) buffers[index] = memory;
    return memory;
}

void *mmap(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    return mmap64(at, length, protection, flags, file, offset);
}

int close(int file) {
    if (file >= 0 && file == camera) {
        pthread_mutex_lock(&lock);
        camera = -1;
        buffer_count = queued = 0;
        memset(buffers, 0, sizeof buffers); // the program may have unmapped them already
        pthread_mutex_unlock(&lock);
    }
    return REAL(int (*)(int), "close")(file);
}
