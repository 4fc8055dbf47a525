// SPDX-License-Identifier: MIT
//
// Log-probabilities, in the same call as the draw.
#pragma once

#include <pluck/base.hpp>
#include <pluck/chain.hpp>
#include <pluck/cpu/draw_one.hpp>
#include <pluck/cpu/report.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/thread_workspace.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/report.hpp>
#include <pluck/sample.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace pluck { inline namespace v0 {

namespace detail {

/// Two arrays of one length.
PLUCK_TAGGED inline void check_lengths(const char* ids, const char* values, std::size_t of_ids, std::size_t of_values) {
    if (of_values != of_ids) reject("report", values, ("the " + text_of(of_ids) + " of " + ids).c_str(), of_values);
}

}  // namespace detail

/// Where the best tokens go, best first: their ids and log-probabilities, in the caller's memory. Nowhere, by default.
///
/// Shapes.       [n] each, n <= max_top; more than there are candidates: -1 and -infinity after the last one.
/// Errors.       std::invalid_argument if the arrays have different lengths, or are longer than that.
class top_list {
public:
    PLUCK_TAGGED constexpr top_list() noexcept = default;
    PLUCK_TAGGED top_list(std::span<std::int32_t> ids, std::span<float> values) : ids_(ids), values_(values) {
        if (ids.size() > max_top) detail::reject("report", "top.ids.size()", "<= 1024", ids.size());
        detail::check_lengths("top.ids", "top.values.size()", ids.size(), values.size());
    }
    [[nodiscard]] PLUCK_TAGGED std::span<std::int32_t> ids() const noexcept { return ids_; }
    [[nodiscard]] PLUCK_TAGGED std::span<float> values() const noexcept { return values_; }

private:
    std::span<std::int32_t> ids_;
    std::span<float> values_;
};

/// The tokens whose log-probabilities are asked for, and where these go, in the caller's memory. None, by default.
///
/// Shapes.       [n] each, below 2^32; ids in any order, and more than once. -infinity for one that the base forbids or
///               does not keep, NaN for one that is no token of the row.
/// Errors.       std::invalid_argument if the arrays have different lengths.
class given_list {
public:
    PLUCK_TAGGED constexpr given_list() noexcept = default;
    PLUCK_TAGGED given_list(std::span<const std::int32_t> ids, std::span<float> values) : ids_(ids), values_(values) {
        if (std::uint64_t{ids.size()} >> 32 != 0)
            detail::reject("report", "given.ids.size()", "below 2^32", ids.size());
        detail::check_lengths("given.ids", "given.values.size()", ids.size(), values.size());
    }
    [[nodiscard]] PLUCK_TAGGED std::span<const std::int32_t> ids() const noexcept { return ids_; }
    [[nodiscard]] PLUCK_TAGGED std::span<float> values() const noexcept { return values_; }

private:
    std::span<const std::int32_t> ids_;
    std::span<float> values_;
};

/// What is asked of a draw beside its token, and what is said; each draw writes it anew.
///
///     std::array<std::int32_t, 5> ids;
///     std::array<float, 5> values;
///     pluck::report said{.of = pluck::base::raw, .top = {ids, values}};
///     pluck::pick next = pluck::sample(logits, chain, key, said);      // said.log_probability, said.rank, said.kept
///
/// Definition.   With s the scores of the base, M the best one, T its temperature and Z the total mass of what it keeps
///               (docs/draw.md section 2), the log-probability of a token is
///               RN32(RN64(RN64(RN64(s) - RN64(M)) / T) - ln(Z / 2^40)), the logarithm in integers. The rank is the
///               number of the base's candidates that come before the token in the ranking: 0 is the best. kept is how
///               many tokens the chain has left to draw from, whatever the base.
/// Accuracy.     4 ulp, or vocab * 2^-40, of log softmax in exact arithmetic, but where the best token has nearly all
///               of the mass (docs/draw.md section 6 has the bound); the same bits on every machine and backend.
/// Ties.         By token id, lowest first: each token has a rank of its own.
/// Non-finite.   A token that the base forbids, but the chain does not, as forced() can have it: -infinity, and all
///               candidates are better. No token, or a base that nothing could be drawn from, as raw logits of which a
///               mask forbids the NaNs: NaN, -1 for ranks and ids. kept is 0 where there is no token.
/// Randomness.   None: asking never changes the token.
/// Cost.         base::chain, or any base that the row still is (nothing cut or rescaled since): the total mass, unless
///               the draw has it already, and a search for the best. Any other: one look at the logits and one total
///               more. kept, unless `.counts = false`, is a look at what is left, and settles the last cut, which a
///               draw alone may not need.
/// Errors.       Bad lengths throw where the lists are made; a draw never throws. Where the memory of a second row is
///               refused, it is as with a base that nothing could be drawn from.
struct report {
    base of = base::chain;
    top_list top = {};
    given_list given = {};
    bool counts = true;  ///< whether kept is wanted

    float log_probability = detail::not_a_number;  ///< of the token, in nats
    std::int32_t rank = -1;
    std::int32_t kept = 0;  ///< 0 if it is not wanted
};

inline namespace PLUCK_BUILD {

/// Draws as sample(row, chain, key) does, and reports log-probabilities: see report.
template <class X, chain_like Chain>
[[nodiscard]] pick sample(const X& row, const Chain& chain, const key& key, report& said, workspace& scratch) noexcept {
    if constexpr (detail::check_row<X>()) {
        detail::report_arrays to;
        to.of = said.of;
        to.log_probability = &said.log_probability;
        to.rank = &said.rank;
        to.top_ids = said.top.ids().data();
        to.top_values = said.top.values().data();
        to.top = static_cast<std::uint32_t>(said.top.ids().size());
        to.given_ids = said.given.ids().data();
        to.given_values = said.given.values().data();
        to.given = static_cast<std::uint32_t>(said.given.ids().size());
        to.put_nothing();
        said.kept = 0;
        const detail::look_at_row<X> look{row};
        const auto& stages = detail::stages_of(chain);
        const randomness random(key);
        return detail::draw_one(look, stages, random, 0, scratch, [&](cpu::row& state, const pick& drawn) noexcept {
            if (!drawn) return;
            if (said.counts) said.kept = static_cast<std::int32_t>(state.count());
            detail::report_draw(look, stages, random, 0, scratch, state, drawn, to);
        });
    }
}

template <class X, chain_like Chain>
[[nodiscard]] pick sample(const X& row, const Chain& chain, const key& key, report& said) noexcept {
    detail::workspace_lease scratch;
    return sample(row, chain, key, said, *scratch);
}

/// The same with the chain spelt out in place.
template <class X>
[[nodiscard]] pick sample(const X& row, const combined& chain, const key& key, report& said,
                          workspace& scratch) noexcept {
    return sample<X, combined>(row, chain, key, said, scratch);
}

template <class X>
[[nodiscard]] pick sample(const X& row, const combined& chain, const key& key, report& said) noexcept {
    return sample<X, combined>(row, chain, key, said);
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
