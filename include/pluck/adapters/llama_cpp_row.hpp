// SPDX-License-Identifier: MIT
//
// What llama.cpp hands to a sampler, as a row: an array of candidates, in any order and already cut.
#pragma once

#if !__has_include(<llama.h>)
#error "pluck/adapters/llama_cpp_row.hpp needs llama.cpp: its folder include/ with llama.h and ggml.h"
#endif

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <vector>

namespace pluck { inline namespace v0 { namespace detail { inline namespace PLUCK_BUILD {

inline constexpr std::size_t most_tokens = std::size_t{1} << 23;  // of a row

/// Whether a sampler on the backend has left something else than the whole row. A libllama that has no such samplers
/// has no function to ask: which there is, is found out where the template is made.
template <class Context>
[[nodiscard]] bool backend_has_sampled(Context* ctx, std::int32_t index) noexcept {
    if constexpr (requires { llama_get_sampled_logits_ith(ctx, index); }) {
        return llama_get_sampled_logits_ith(ctx, index) != nullptr;
    } else {
        return false;
    }
}

/// The row of the whole vocabulary in which every token that is not among the candidates is -infinity. It is kept from
/// draw to draw, and only the entries of candidates are written: a short array costs little.
class candidate_row {
public:
    explicit candidate_row(std::size_t vocab) : logits_(vocab, minus_infinity), grows_(vocab == 0) {}
    /// Of the same vocabulary. What a row holds is a draw's own.
    candidate_row(const candidate_row& other) : logits_(other.logits_.size(), minus_infinity), grows_(other.grows_) {}
    candidate_row& operator=(const candidate_row&) = delete;
    ~candidate_row() = default;

    /// Writes the candidates. They are taken back before others are written. May throw what a vector throws.
    [[nodiscard]] status put(const llama_token_data* candidates, std::size_t count) {
        is_in_order_ = false;
        if (candidates == nullptr || count == 0) return status::no_candidate;
        if (count >= logits_.size() && put_whole(candidates, count)) return status::ok;
        // -1 is the largest of all as an unsigned number.
        std::uint32_t largest = 0;
        for (std::size_t i = 0; i < count; ++i) largest = larger(largest, static_cast<std::uint32_t>(candidates[i].id));
        if (largest >= logits_.size()) {
            if (!grows_ || largest > 0x7fffffffu) return status::bad_parameter;
            if (largest >= most_tokens) return status::row_too_long;
            logits_.resize(largest + std::size_t{1}, minus_infinity);
        }
        if (is_full_) {
            std::fill(logits_.begin(), logits_.end(), minus_infinity);
            is_full_ = false;
        }
        for (std::size_t i = 0; i < count; ++i) logits_[id_of(candidates[i])] = candidates[i].logit;
        return status::ok;
    }

    /// After put() has returned ok: makes each entry -infinity again, or leaves that to the next put() where it is no
    /// more work to do so for the whole row, which it may have to write anyway.
    void take_back(const llama_token_data* candidates, std::size_t count) noexcept {
        is_full_ = is_full_ || count >= logits_.size() / 16;
        if (is_full_) return;
        for (std::size_t i = 0; i < count; ++i) logits_[id_of(candidates[i])] = minus_infinity;
    }

    /// The place of a token in the array that was put, the last one, whose logit counts; -1 if it is not there.
    [[nodiscard]] std::int64_t place_of(std::int32_t token, const llama_token_data* candidates,
                                        std::size_t count) const noexcept {
        if (is_in_order_) return token;
        for (std::size_t i = count; i-- > 0;) {
            if (candidates[i].id == token) return static_cast<std::int64_t>(i);
        }
        return -1;
    }

    [[nodiscard]] logits_view<float> view() const noexcept { return {logits_.data(), logits_.size()}; }

private:
    [[nodiscard]] static std::size_t id_of(const llama_token_data& candidate) noexcept {
        return static_cast<std::size_t>(candidate.id);
    }

    /// A copy, if the array has all tokens in the order of their ids, as llama_sampler_sample() makes it.
    [[nodiscard]] bool put_whole(const llama_token_data* candidates, std::size_t count) {
        const auto in_order = [&](std::size_t i) noexcept { return id_of(candidates[i]) == i; };
        if (count > most_tokens || !in_order(0) || !in_order(count - 1)) return false;
        if (count > logits_.size()) {
            if (!grows_) return false;
            logits_.resize(count, minus_infinity);
        }
        is_full_ = true;
        for (std::size_t i = 0; i < count; ++i) {
            if (!in_order(i)) return false;
            logits_[i] = candidates[i].logit;
        }
        is_in_order_ = true;
        return true;
    }

    std::vector<float> logits_;
    bool grows_;
    bool is_in_order_ = false;  // whether the last array was: whole, and each token at its id
    bool is_full_ = false;      // whether other entries than those of the last candidates may be above -infinity
};

}}}}  // namespace pluck::v0::detail::PLUCK_BUILD
