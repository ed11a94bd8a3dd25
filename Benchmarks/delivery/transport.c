/* The least that an application does to send one POST after the other over HTTP/2 with libcurl: what `make bench-delivery`
 * holds Clairon's transport against. The same request and the same settings as Sources/Curl, tuned as well: places that are
 * reused, one epoll and one timer, socket_action, sockets corked for a turn, and a body by a callback that refuses to rewind, so that libcurl cannot
 * send it twice.
 *
 * Usage: transport URL CA_FILE AUTHORIZATION BODY_FILE COUNT MULTIS STREAMS
 * Prints one line of JSON: messages, failures, seconds by the clock and of CPU.
 */
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

struct lane {
    CURLM *multi;
    double due; /* milliseconds; negative when no timer is set */
    long number;
    int socket;
};

struct place {
    CURL *easy;
    struct lane *lane;
    size_t sent, length;
    char answer[4096];
};

static int epoll;
static char *body;
static size_t body_length;
static struct curl_slist *headers;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static size_t read_body(char *buffer, size_t size, size_t count, void *context) {
    struct place *place = context;
    size_t left = body_length - place->sent;
    if (left > size * count) left = size * count;
    memcpy(buffer, body + place->sent, left);
    place->sent += left;
    return left;
}

static int refuse_rewind(void *context, curl_off_t offset, int origin) { return CURL_SEEKFUNC_FAIL; }

static size_t keep_answer(char *bytes, size_t size, size_t count, void *context) {
    struct place *place = context;
    size_t length = size * count, room = sizeof place->answer - place->length;
    memcpy(place->answer + place->length, bytes, length < room ? length : room);
    place->length += length < room ? length : room;
    return length;
}

static size_t see_header(char *bytes, size_t size, size_t count, void *context) { return size * count; }

/* Connections that have been used in the turn that goes on: their segments leave together at its end. */
static int corked[64], corks;

static void cork(int socket, int on) { setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

static void begin_turn(int socket) {
    for (int at = 0; at < corks; at++)
        if (corked[at] == socket) return;
    if (socket < 0 || corks == 64) return;
    cork(socket, 1);
    corked[corks++] = socket;
}

static void end_turn(void) {
    while (corks > 0) cork(corked[--corks], 0);
}

static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *known) {
    struct lane *lane = context;
    lane->socket = socket;
    begin_turn(socket);
    if (what == CURL_POLL_REMOVE) return epoll_ctl(epoll, EPOLL_CTL_DEL, socket, NULL), 0;
    struct epoll_event event = {.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0)};
    event.data.u64 = (unsigned)socket | (unsigned long)lane->number << 32;
    epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    if (!known) curl_multi_assign(lane->multi, socket, lane);
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *context) {
    ((struct lane *)context)->due = milliseconds < 0 ? -1 : now() + milliseconds;
    return 0;
}

static void set_up(struct place *place, const char *url, const char *ca_file) {
    CURL *easy = place->easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 2048L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, place);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, place);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_rewind);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, place);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, see_header);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_length);
}

static void begin(struct place *place, const char *url) {
    place->sent = place->length = 0;
    /* The address of the next message is another one, as a rule. */
    curl_easy_setopt(place->easy, CURLOPT_URL, url);
    curl_multi_add_handle(place->lane->multi, place->easy);
}

int main(int count, char **words) {
    if (count != 8) return fprintf(stderr, "usage: transport URL CA_FILE AUTHORIZATION BODY_FILE COUNT MULTIS STREAMS\n"), 64;
    const char *url = words[1];
    long wanted = atol(words[5]), multis = atol(words[6]), streams = atol(words[7]);
    FILE *file = fopen(words[4], "rb");
    if (!file) return perror(words[4]), 66;
    body = malloc(65536);
    body_length = fread(body, 1, 65536, file);
    fclose(file);
    char line[8192];
    snprintf(line, sizeof line, "Authorization: %s", words[3]);
    headers = curl_slist_append(NULL, line);
    for (const char **more = (const char *[]){"Content-Type: application/json", "Expect:", "Accept:", NULL}; *more; more++)
        headers = curl_slist_append(headers, *more);

    curl_global_init(CURL_GLOBAL_ALL);
    epoll = epoll_create1(0);
    struct lane *lanes = calloc(multis, sizeof *lanes);
    struct place *places = calloc(multis * streams, sizeof *places);
    long begun = 0, ended = 0, failed = 0;
    double start = now(), spent = cpu();
    for (long number = 0; number < multis; number++) {
        struct lane *lane = &lanes[number];
        lane->number = number;
        lane->due = lane->socket = -1;
        lane->multi = curl_multi_init();
        curl_multi_setopt(lane->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
        curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
        curl_multi_setopt(lane->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streams);
        curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, watch);
        curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
        curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
        curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
        for (long at = 0; at < streams && begun < wanted; at++, begun++) {
            struct place *place = &places[number * streams + at];
            place->lane = lane;
            set_up(place, url, words[2]);
            begin(place, url);
        }
    }
    while (ended < wanted) {
        double due = -1, time = now();
        for (long number = 0; number < multis; number++)
            if (lanes[number].due >= 0 && (due < 0 || lanes[number].due < due)) due = lanes[number].due;
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, due < 0 ? 1000 : due > time ? (int)(due - time + 0.999) : 0), running;
        for (int at = 0; at < ready; at++) {
            int mask = (events[at].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                       (events[at].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (events[at].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
            begin_turn((int)(unsigned)events[at].data.u64);
            curl_multi_socket_action(lanes[events[at].data.u64 >> 32].multi, (int)(unsigned)events[at].data.u64, mask, &running);
        }
        time = now();
        for (long number = 0; number < multis; number++) {
            struct lane *lane = &lanes[number];
            if (lane->due >= 0 && lane->due <= time) {
                lane->due = -1;
                begin_turn(lane->socket);
                curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
            }
            int left;
            for (CURLMsg *message; (message = curl_multi_info_read(lane->multi, &left));) {
                if (message->msg != CURLMSG_DONE) continue;
                CURLcode code = message->data.result;
                CURL *easy = message->easy_handle;
                long status = 0;
                struct place *place;
                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
                curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&place);
                curl_multi_remove_handle(lane->multi, easy);
                ended++;
                if (code != CURLE_OK || status / 100 != 2) failed++;
                if (begun < wanted) begun++, begin(place, url);
            }
        }
        end_turn();
    }
    printf("{\"messages\": %ld, \"failures\": %ld, \"seconds\": %.6f, \"cpu\": %.6f}\n", ended, failed, (now() - start) / 1e3, cpu() - spent);
    return failed > 0;
}
