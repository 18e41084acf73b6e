// libcurl for Swift. Its option and information functions are variadic, which Swift cannot call: one function per
// type of argument stands for them here. epoll, timerfd and eventfd come along, as Swift's Glibc module lacks them.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
/// Copies `count` bytes as the request's body.
CURLcode ccurl_set_body(CURL *easy, const void *bytes, long count);
CURLcode ccurl_set_callbacks(CURL *easy, ccurl_data_callback header, ccurl_data_callback body, void *context);

CURLcode ccurl_get_long(CURL *easy, CURLINFO information, long *value);
/// Microseconds or bytes.
CURLcode ccurl_get_offset(CURL *easy, CURLINFO information, curl_off_t *value);
/// The text belongs to the handle.
const char *ccurl_get_string(CURL *easy, CURLINFO information);
void *ccurl_get_pointer(CURL *easy, CURLINFO information);

CURLMcode ccurl_multi_set_callbacks(
    CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *context);
CURLcode ccurl_message_result(const CURLMsg *message);

/// `epoll_ctl` with a key of 64 bits.
int ccurl_epoll_set(int poller, int operation, int descriptor, uint32_t events, uint64_t key);
uint64_t ccurl_epoll_key(const struct epoll_event *event);
uint32_t ccurl_epoll_events(const struct epoll_event *event);

#endif
