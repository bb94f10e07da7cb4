#pragma once

#include <microhttpd.h>

/* Swift cannot call variadic functions: each call here is one of libmicrohttpd's with fixed arguments. */

static inline struct MHD_Daemon *microhttpd_start(
    int listen_socket, unsigned int threads, unsigned int connections, void *context,
    MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connection)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, listen_socket, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, connection, context, MHD_OPTION_END);
}

/* A body of unknown length is then ended by closing the connection, not sent in chunks. */
static inline enum MHD_Result microhttpd_end_body_by_close(struct MHD_Response *response)
{
    return MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
}
