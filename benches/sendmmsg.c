/* The bound: how many SYN frames a second one thread can hand to the kernel, made beforehand and sent over and over.
   usage: sendmmsg INTERFACE SOURCE_MAC NEXT_MAC SOURCE FIRST_ADDRESS ADDRESSES COUNT; macs as 12 hex digits */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LENGTH = 58, STRIDE = 64, FRAMES = 8192, BATCH = 512 };
static uint8_t frames[FRAMES][STRIDE];
static struct iovec vectors[FRAMES];
static struct mmsghdr letters[FRAMES];

static void hex(uint8_t *to, const char *from) {
    for (int i = 0; i < 6; i++) {
        unsigned value = 0;
        sscanf(from + 2 * i, "%2x", &value);
        to[i] = (uint8_t)value;
    }
}

static uint16_t checksum(const uint8_t *data, int length) {
    uint32_t total = 0;
    for (int i = 0; i < length; i += 2) total += (uint32_t)(data[i] << 8 | data[i + 1]);
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

int main(int argc, char **argv) {
    if (argc != 8) return 2;
    uint32_t first = ntohl(inet_addr(argv[5])), source = inet_addr(argv[4]), room = (uint32_t)atol(argv[6]);
    long count = atol(argv[7]), sent = 0;
    static const uint8_t head[20] = {0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6};
    for (int i = 0; i < FRAMES; i++) {
        uint8_t *f = frames[i];
        hex(f, argv[3]);
        hex(f + 6, argv[2]);
        f[12] = 8;
        memcpy(f + 14, head, 20);
        memcpy(f + 26, &source, 4);
        uint32_t to = htonl(first + (uint32_t)(i * 2654435761u) % room);
        memcpy(f + 30, &to, 4);
        uint16_t sum = htons(checksum(f + 14, 20));
        memcpy(f + 24, &sum, 2);
        f[34] = 0xff;
        f[36] = 0x1f, f[37] = (uint8_t)(0x40 + i % 40);
        f[46] = 0x60, f[47] = 2, f[48] = 0xfa, f[49] = 0xf0;
        f[54] = 2, f[55] = 4, f[56] = 5, f[57] = 0xb4;
        vectors[i] = (struct iovec){f, LENGTH};
        letters[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int wire = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
    setsockopt(wire, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
    if (wire < 0 || bind(wire, (struct sockaddr *)&place, sizeof place)) return perror("socket"), 1;
    while (sent < count) {
        long at = sent % FRAMES, most = FRAMES - at < BATCH ? FRAMES - at : BATCH;
        if (count - sent < most) most = count - sent;
        int taken = sendmmsg(wire, letters + at, (unsigned)most, 0);
        if (taken < 0 && errno != ENOBUFS && errno != EAGAIN) return perror("sendmmsg"), 1;
        if (taken > 0) sent += taken;
    }
    return 0;
}
