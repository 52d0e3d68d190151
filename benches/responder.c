/* Answers every HTTP request on every address of the loopback device (so each of 127.0.0.0/8 is a service of its own)
   until standard input closes; prints the port.

   A path that begins with /close is answered with `Connection: close`, and the connection is closed then. One thread,
   one epoll; a request is what ends in an empty line, and has no body. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, LARGEST = 65536, REQUEST = 4096 };

static char kept[2048], closing[2048];
static int kept_size, closing_size;
static int have[LARGEST];
static char *part[LARGEST];

static int listener(void) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) || bind(fd, (struct sockaddr *)&at, sizeof at) ||
        listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void render(void) {
    char body[1024];
    int size = sprintf(body, "{\"object\":\"list\",\"data\":[");
    for (int n = 0; n < 17; n++)
        size += sprintf(body + size, "%s{\"id\":\"model-%02d\",\"object\":\"model\"}", n ? "," : "", n);
    size += sprintf(body + size, "]}");
    const char *head = "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 21:24:57 GMT\r\nServer: uvicorn\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s";
    kept_size = sprintf(kept, head, size, "", body);
    closing_size = sprintf(closing, head, size, "Connection: close\r\n", body);
}

static void forget(int fd) {
    have[fd] = 0;
    close(fd);
}

static void serve(int fd) {
    char *text = part[fd];
    int got = recv(fd, text + have[fd], REQUEST - have[fd] - 1, 0);
    if (got <= 0) {
        forget(fd);
        return;
    }
    have[fd] += got;
    text[have[fd]] = 0;
    for (char *end; (end = strstr(text, "\r\n\r\n")) != NULL;) {
        int closes = strncmp(text, "GET /close", 10) == 0;
        if (send(fd, closes ? closing : kept, closes ? closing_size : kept_size, MSG_NOSIGNAL) < 0 || closes) {
            forget(fd);
            return;
        }
        have[fd] -= end + 4 - text;
        memmove(text, end + 4, have[fd] + 1);
    }
    if (have[fd] == REQUEST - 1)
        forget(fd);
}

int main(void) {
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
    int loop = epoll_create1(0);
    render();
    int door = event.data.fd = listener();
    getsockname(door, (struct sockaddr *)&at, &length);
    epoll_ctl(loop, EPOLL_CTL_ADD, door, &event);
    event.data.fd = 0;
    epoll_ctl(loop, EPOLL_CTL_ADD, 0, &event);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(loop, events, EVENTS, -1);
        for (int n = 0; n < count; n++) {
            int fd = events[n].data.fd, peer;
            if (fd == 0)
                return 0;
            if (fd != door) {
                serve(fd);
                continue;
            }
            while ((peer = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                if (peer >= LARGEST) {
                    close(peer);
                    continue;
                }
                if (part[peer] == NULL)
                    part[peer] = malloc(REQUEST);
                event.data.fd = peer;
                epoll_ctl(loop, EPOLL_CTL_ADD, peer, &event);
            }
        }
    }
}
