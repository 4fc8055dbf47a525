// SPDX-License-Identifier: MIT
//
// How a bad parameter is reported: who, which parameter, which range, which value. For constructors, the checks of a
// batch's sizes and inspection; the path from logits to pick never calls any of it.
#pragma once

#include <pluck/detail/config.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace detail {

// Two namespaces, since a program may hold parts with and parts without exceptions.
#if PLUCK_EXCEPTIONS
inline namespace with_exceptions {
[[noreturn]] PLUCK_TAGGED inline void raise(const std::string& message) { throw std::invalid_argument(message); }
#else
inline namespace without_exceptions {
[[noreturn]] PLUCK_TAGGED inline void raise(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::abort();
}
#endif

/// The same with a message in parts. Out of line: inlined, it makes g++ 12 warn of its own copies.
[[noreturn]] PLUCK_TAGGED __attribute__((noinline, cold)) inline void raise(
    std::initializer_list<std::string_view> parts) {
    std::string message;
    for (const std::string_view part : parts) message += part;
    raise(message);
}
}  // namespace

/// The shortest decimal that reads back as the same value; independent of the locale. Integers without std::to_chars,
/// whose parts, functions of their own, would be shared with units for other processors.
template <class T>
[[nodiscard]] PLUCK_TAGGED std::string text_of(T value) {
    char buffer[64];
    char* const end = buffer + sizeof buffer;
    if constexpr (std::is_floating_point_v<T>) {
        return {buffer, std::to_chars(buffer, end, value).ptr};
    } else {
        bool negative = false;
        if constexpr (std::is_signed_v<T>) negative = value < T{0};
        char* begin = end;
        do {
            const int digit = static_cast<int>(value % T{10});
            *--begin = static_cast<char>('0' + (negative ? -digit : digit));
            value = static_cast<T>(value / T{10});
        } while (value != T{0});
        if (negative) *--begin = '-';
        return {begin, end};
    }
}

#if PLUCK_EXCEPTIONS
inline namespace with_exceptions {
#else
inline namespace without_exceptions {
#endif

/// Throws "pluck::top_p: p must be in [0, 1], got 1.5". Without exceptions: prints it and aborts.
template <class T>
[[noreturn]] PLUCK_TAGGED void reject(const char* who, const char* parameter, const char* range, T value) {
    raise({"pluck::", who, ": ", parameter, " must be ", range, ", got ", text_of(value)});
}

}  // namespace

}}}  // namespace pluck::v0::detail
