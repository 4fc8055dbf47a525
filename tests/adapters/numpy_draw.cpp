// SPDX-License-Identifier: MIT
//
// What numpy_test.py calls: draws from the tensor of a DLPack capsule, and from plain memory. Errors are messages, as
// no exception passes from here to Python.
#include <pluck/adapters/dlpack.hpp>
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <string>

namespace {

const auto chain = pluck::temperature(0.8f) | pluck::top_k(100) | pluck::top_p(0.95f);
constexpr pluck::keys from = {.seed = 42, .position = 7};

template <class F>
bool tried(char* message, std::size_t size, const F& f) {
    try {
        f();
        return true;
    } catch (const std::exception& error) {
        std::string(error.what()).copy(message, size - 1);
        return false;
    }
}

template <class Scalar>
void draw_plain(const void* logits, std::size_t rows, std::size_t vocab, std::int32_t* tokens) {
    const pluck::batch_view<Scalar> batch{static_cast<const Scalar*>(logits), rows, vocab};
    pluck::sample_rows(batch, chain, from, pluck::results{.token = tokens});
}

}  // namespace

extern "C" {

/// One token from each row of `logits` to `tokens`; false where it is refused, with a message.
bool draw_rows(const DLManagedTensor* logits, const DLManagedTensor* tokens, char* message, std::size_t size) {
    return tried(message, size, [&] { pluck::dlpack::sample_rows(logits->dl_tensor, chain, from, tokens->dl_tensor); });
}

/// One token from a row, -1 where it has none, -2 where it is refused.
std::int32_t draw_row(const DLManagedTensor* logits, char* message, std::size_t size) {
    std::int32_t token = -2;
    tried(message, size, [&] { token = pluck::dlpack::sample(logits->dl_tensor, chain, {.seed = 1}).token; });
    return token;
}

/// The same as draw_rows() from contiguous memory of a type that is known by its bits.
void draw_contiguous(const void* logits, int bits, std::size_t rows, std::size_t vocab, std::int32_t* tokens) {
    if (bits == 16) draw_plain<pluck::half>(logits, rows, vocab, tokens);
    else if (bits == 32) draw_plain<float>(logits, rows, vocab, tokens);
    else draw_plain<double>(logits, rows, vocab, tokens);
}

std::int32_t draw_contiguous_row(const float* logits, std::size_t vocab) {
    return pluck::sample(std::span(logits, vocab), chain, {.seed = 1}).token;
}

}  // extern "C"
