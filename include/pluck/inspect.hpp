// SPDX-License-Identifier: MIT
//
// What a chain would do to a row: the probabilities that it draws with, the tokens that it keeps, and how spread out
// they are. For people and tests; a draw needs none of it. Asking never changes what a draw returns.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/range.hpp>
#include <pluck/logits.hpp>
#include <pluck/sample.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace pluck { inline namespace v0 {

/// A kept token: its logit (after adjusters, before temperature) and the probability that the draw gives it.
struct candidate {
    std::int32_t token = -1;
    float logit = 0;
    double probability = 0;
};

namespace detail {

/// How probabilities are read by index: `size(p)`, `columns(p)`, which is 1 of a vector, and `at(p, i)`. eigen.hpp
/// specialises it for Eigen's types.
template <class P>
struct probability_traits {};

template <plain_range P>
requires std::floating_point<range_value<P>>
struct probability_traits<P> {
    PLUCK_TAGGED static std::size_t size(const P& p) noexcept { return std::size(p); }
    PLUCK_TAGGED static std::size_t columns(const P&) noexcept { return 1; }
    PLUCK_TAGGED static double at(const P& p, std::size_t i) noexcept { return static_cast<double>(std::data(p)[i]); }
};

template <class P>
concept probability_range = requires(const P& p) {
    probability_traits<P>::at(p, std::size_t{});
};

inline namespace PLUCK_BUILD {

/// Runs the chain on the row and calls f(row, vocab) with what it has kept.
template <class X, class Chain, class F>
auto inspected(const char* who, const X& x, const Chain& chain, const key& key, const F& f) {
    workspace scratch;
    const auto view = row_traits<X>::view(x);
    cpu::row state(view, scratch, randomness(key), 0);
    const pick drawn = try_run(stages_of(chain), state);  // not run(): a stage with memory must not learn of it
    if (!drawn) {
        raise({"pluck::", who, ": the row has no distribution: ", to_string(drawn.status)});
    }
    return f(state, view.size);
}

/// Calls f(probability) for each kept token, in id order.
template <class X, class Chain, class F>
void each_kept(const char* who, const X& x, const Chain& chain, const key& key, const F& f) {
    if constexpr (check_row<X>()) {
        inspected(who, x, chain, key, [&f](cpu::row& kept, std::size_t) {
            const double total = static_cast<double>(kept.total());
            kept.for_each([&](std::int32_t, float, std::uint64_t mass) {
                f(detail::quotient(static_cast<double>(mass), total));
            });
        });
    }
}

template <probability_range P, class F>
void each_probability(const P& p, const F& f) {
    for (std::size_t i = 0; i < probability_traits<P>::size(p); ++i) f(probability_traits<P>::at(p, i));
}
template <probability_range P, probability_range Q, class F>
void each_pair(const char* who, const P& p, const Q& q, const F& f) {
    const std::size_t size = probability_traits<P>::size(p);
    if (size != probability_traits<Q>::size(q))
        reject(who, "q.size()", ("p's size " + text_of(size)).c_str(), probability_traits<Q>::size(q));
    const std::size_t columns = probability_traits<P>::columns(p);
    if (columns != probability_traits<Q>::columns(q))
        reject(who, "q's columns", ("p's " + text_of(columns)).c_str(), probability_traits<Q>::columns(q));
    for (std::size_t i = 0; i < size; ++i) f(probability_traits<P>::at(p, i), probability_traits<Q>::at(q, i));
}

template <class Chain>
void check_no_key(const char* who, const Chain& chain) {
    using stages = std::remove_cvref_t<decltype(stages_of(chain))>;
    if constexpr (chosen_at_run_time<stages>) {
        if (run_time_chain<stages>::needs_key(stages_of(chain)))
            raise({"pluck::", who, ": a stage of this chain is random; pass the draw's key as the last argument"});
    } else {
        static_assert(!needs_key<Chain>,
                      "pluck: a stage of this chain is random; pass the draw's key as the last argument");
    }
}

}  // namespace PLUCK_BUILD

}  // namespace detail

inline namespace PLUCK_BUILD {

/// The probability with which the chain draws each token.
///
/// Definition.   mass / Z for a kept token, 0 for the others; 1 for the token of greedy().
/// Shapes.       row [vocab] -> out [vocab], dimensionless; sums to 1 but for rounding. eigen.hpp has an overload that
///               returns an Eigen::ArrayXd.
/// Errors.       std::invalid_argument naming the status of a row that nothing can be drawn from, and if out has
///               another size than the row.
template <class X, chain_like Chain>
void probabilities(const X& row, const Chain& chain, std::span<double> out, const key& key) {
    if constexpr (detail::check_row<X>()) {
        detail::inspected("probabilities", row, chain, key, [out](cpu::row& kept, std::size_t vocab) {
            if (out.size() != vocab) {
                detail::reject("probabilities", "out.size()",
                               ("the row's " + detail::text_of(vocab) + " tokens").c_str(), out.size());
            }
            for (double& probability : out) probability = 0;
            const double total = static_cast<double>(kept.total());
            kept.for_each([&](std::int32_t token, float, std::uint64_t mass) {
                out[static_cast<std::size_t>(token)] = detail::quotient(static_cast<double>(mass), total);
            });
        });
    }
}

template <class X, chain_like Chain>
void probabilities(const X& row, const Chain& chain, std::span<double> out) {
    detail::check_no_key("probabilities", chain);
    probabilities(row, chain, out, key{});
}

/// The kept tokens in ranking order; those of no mass, which are kept but never drawn, with probability 0.
template <class X, chain_like Chain>
[[nodiscard]] std::vector<candidate> candidates(const X& row, const Chain& chain, const key& key) {
    if constexpr (detail::check_row<X>()) {
        return detail::inspected("candidates", row, chain, key, [](cpu::row& kept, std::size_t) {
            std::vector<candidate> result;
            result.reserve(kept.count());
            const double total = static_cast<double>(kept.total());
            kept.for_each([&](std::int32_t token, float score, std::uint64_t mass) {
                result.push_back({token, score, detail::quotient(static_cast<double>(mass), total)});
            });
            std::sort(result.begin(), result.end(), [](const candidate& a, const candidate& b) {
                return ranking_key{a.logit, a.token} > ranking_key{b.logit, b.token};
            });
            return result;
        });
    }
}

template <class X, chain_like Chain>
[[nodiscard]] std::vector<candidate> candidates(const X& row, const Chain& chain) {
    detail::check_no_key("candidates", chain);
    return candidates(row, chain, key{});
}

// A NaN, and where a logarithm is taken a negative number too, makes these measures NaN, not a plausible figure.

/// -sum p log p, in nats; 0 log 0 is 0. p is contiguous, a std::span, std::vector or std::array of float or double, or
/// anything dense of Eigen's.
template <detail::probability_range P>
[[nodiscard]] double entropy_of(const P& probabilities) {
    double sum = 0;
    detail::each_probability(probabilities, [&sum](double p) {
        if (p != 0) sum -= p * std::log(p);
    });
    return sum;
}

/// exp(entropy): how many equally likely tokens would be as uncertain.
template <detail::probability_range P>
[[nodiscard]] double perplexity_of(const P& probabilities) {
    return std::exp(entropy_of(probabilities));
}

/// 1 / sum p^2: how many equally likely tokens would collide as often.
template <detail::probability_range P>
[[nodiscard]] double effective_size_of(const P& probabilities) {
    double sum = 0;
    detail::each_probability(probabilities, [&sum](double p) { sum += p * p; });
    return 1 / sum;
}

/// sum p log(p / q), in nats; infinite where p has mass and q has none.
template <detail::probability_range P, detail::probability_range Q>
[[nodiscard]] double kl_divergence(const P& p, const Q& q) {
    double sum = 0;
    bool finite = true;
    detail::each_pair("kl_divergence", p, q, [&](double a, double b) {
        if (a > 0 && b == 0) finite = false;
        else if (a != 0) sum += a * std::log(a / b);
    });
    constexpr double infinity = std::numeric_limits<double>::infinity();  // a call is a function that units share
    return finite ? sum : sum + infinity;
}

/// Half of sum |p - q|: the largest difference in the probability of any set of tokens.
template <detail::probability_range P, detail::probability_range Q>
[[nodiscard]] double total_variation(const P& p, const Q& q) {
    double sum = 0;
    detail::each_pair("total_variation", p, q, [&sum](double a, double b) { sum += a > b ? a - b : b - a; });
    return sum / 2;
}

/// The entropy of what the chain draws from the row, in nats.
template <class X, chain_like Chain>
[[nodiscard]] double entropy(const X& row, const Chain& chain, const key& key) {
    double sum = 0;
    detail::each_kept("entropy", row, chain, key, [&sum](double p) {
        if (p > 0) sum -= p * std::log(p);
    });
    return sum;
}
template <class X, chain_like Chain>
[[nodiscard]] double entropy(const X& row, const Chain& chain) {
    detail::check_no_key("entropy", chain);
    return entropy(row, chain, key{});
}

/// exp(entropy).
template <class X, chain_like Chain>
[[nodiscard]] double perplexity(const X& row, const Chain& chain, const key& key) {
    return std::exp(entropy(row, chain, key));
}
template <class X, chain_like Chain>
[[nodiscard]] double perplexity(const X& row, const Chain& chain) {
    return std::exp(entropy(row, chain));
}

/// 1 / sum p^2.
template <class X, chain_like Chain>
[[nodiscard]] double effective_size(const X& row, const Chain& chain, const key& key) {
    double sum = 0;
    detail::each_kept("effective_size", row, chain, key, [&sum](double p) { sum += p * p; });
    return 1 / sum;
}
template <class X, chain_like Chain>
[[nodiscard]] double effective_size(const X& row, const Chain& chain) {
    detail::check_no_key("effective_size", chain);
    return effective_size(row, chain, key{});
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
