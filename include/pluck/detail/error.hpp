// SPDX-License-Identifier: MIT
//
// How a bad parameter is reported: who, which parameter, which range, which value. Cold: for constructors, the checks of
// a batch's sizes and inspection; the path from logits to pick never comes here.
#pragma once

#include <pluck/detail/config.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace pluck { inline namespace v0 { namespace detail {

// Two namespaces, since a program may hold parts with and parts without exceptions.
#if PLUCK_EXCEPTIONS
inline namespace with_exceptions {
[[noreturn]] inline void raise(const std::string& message) { throw std::invalid_argument(message); }
}  // namespace with_exceptions
#else
inline namespace without_exceptions {
[[noreturn]] inline void raise(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::abort();
}
}  // namespace without_exceptions
#endif

/// The shortest decimal that reads back as the same value; independent of the locale.
template <class T>
[[nodiscard]] std::string text_of(T value) {
    char buffer[64];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, written.ptr};
}

#if PLUCK_EXCEPTIONS
inline namespace with_exceptions {
#else
inline namespace without_exceptions {
#endif

/// Throws "pluck::top_p: p must be in [0, 1], got 1.5". Without exceptions: prints it and aborts.
template <class T>
[[noreturn]] void reject(const char* who, const char* parameter, const char* range, T value) {
    raise(std::string("pluck::") + who + ": " + parameter + " must be " + range + ", got " + text_of(value));
}

}  // namespace

}}}  // namespace pluck::v0::detail
