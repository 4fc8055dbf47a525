// SPDX-License-Identifier: MIT
//
// What a chain would do to a row: the probabilities that it draws with, the tokens that it keeps, and how spread out
// they are. For people and tests; a draw needs none of it. Asking never changes what a draw returns.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/eigen.hpp>
#include <pluck/sample.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pluck { inline namespace v0 {

/// A kept token: its logit (after adjusters, before temperature) and the probability that the draw gives it.
struct candidate {
    std::int32_t token = -1;
    float logit = 0;
    double probability = 0;
};

namespace detail {

inline namespace PLUCK_BUILD {

/// Runs the chain on the row and calls f(row, vocab) with what it has kept.
template <class X, class Chain, class F>
auto inspected(const char* who, const X& x, const Chain& chain, const key& key, const F& f) {
    workspace scratch;
    const auto view = row_traits<X>::view(x);
    cpu::row row(view, scratch, randomness(key), 0);
    const pick drawn = try_run(as_chain(chain), row);  // not run(): a stage with memory must not learn of it
    if (!drawn) {
        std::string message = std::string("pluck::") + who + ": the row has no distribution: ";
        message += to_string(drawn.status);
        raise(message);
    }
    return f(row, view.size);
}

}  // namespace PLUCK_BUILD

inline void check_sizes(const char* who, Eigen::Index p, Eigen::Index q) {
    if (p != q) reject(who, "q.size()", ("p's size " + text_of(p)).c_str(), q);
}

template <class Chain>
constexpr void check_no_key() noexcept {
    static_assert(!needs_key<Chain>,
                  "pluck: a stage of this chain is random; pass the draw's key as the last argument");
}

}  // namespace detail

inline namespace PLUCK_BUILD {

/// The probability with which the chain draws each token.
///
/// Definition.   mass / Z for a kept token, 0 for the others; 1 for the token of greedy().
/// Shapes.       row [vocab] -> [vocab], dimensionless; sums to 1 but for rounding.
/// Errors.       std::invalid_argument naming the status of a row that nothing can be drawn from.
template <class X, chain_like Chain>
[[nodiscard]] Eigen::ArrayXd probabilities(const X& row, const Chain& chain, const key& key) {
    if constexpr (detail::check_row<X>()) {
        return detail::inspected("probabilities", row, chain, key, [](cpu::row& kept, std::size_t vocab) {
            Eigen::ArrayXd result = Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(vocab));
            const double total = static_cast<double>(kept.total());
            kept.for_each([&](std::int32_t token, float, std::uint64_t mass) {
                result[token] = static_cast<double>(mass) / total;
            });
            return result;
        });
    }
}

template <class X, chain_like Chain>
[[nodiscard]] Eigen::ArrayXd probabilities(const X& row, const Chain& chain) {
    detail::check_no_key<Chain>();
    return probabilities(row, chain, key{});
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
                result.push_back({token, score, static_cast<double>(mass) / total});
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
    detail::check_no_key<Chain>();
    return candidates(row, chain, key{});
}

}  // namespace PLUCK_BUILD

/// -sum p log p, in nats; 0 log 0 is 0.
template <class Derived>
[[nodiscard]] double entropy_of(const Eigen::DenseBase<Derived>& probabilities) {
    double sum = 0;
    for (Eigen::Index i = 0; i < probabilities.size(); ++i) {
        const double p = static_cast<double>(probabilities.derived().coeff(i));
        if (p > 0) sum -= p * std::log(p);
    }
    return sum;
}

/// exp(entropy): how many equally likely tokens would be as uncertain.
template <class Derived>
[[nodiscard]] double perplexity_of(const Eigen::DenseBase<Derived>& probabilities) {
    return std::exp(entropy_of(probabilities));
}

/// 1 / sum p^2: how many equally likely tokens would collide as often.
template <class Derived>
[[nodiscard]] double effective_size_of(const Eigen::DenseBase<Derived>& probabilities) {
    return 1 / probabilities.derived().template cast<double>().array().square().sum();
}

/// sum p log(p / q), in nats; infinite where p has mass and q has none.
template <class P, class Q>
[[nodiscard]] double kl_divergence(const Eigen::DenseBase<P>& p, const Eigen::DenseBase<Q>& q) {
    detail::check_sizes("kl_divergence", p.size(), q.size());
    double sum = 0;
    for (Eigen::Index i = 0; i < p.size(); ++i) {
        const double a = static_cast<double>(p.derived().coeff(i));
        const double b = static_cast<double>(q.derived().coeff(i));
        if (a > 0) {
            if (!(b > 0)) return std::numeric_limits<double>::infinity();
            sum += a * std::log(a / b);
        }
    }
    return sum;
}

/// Half of sum |p - q|: the largest difference in the probability of any set of tokens.
template <class P, class Q>
[[nodiscard]] double total_variation(const Eigen::DenseBase<P>& p, const Eigen::DenseBase<Q>& q) {
    detail::check_sizes("total_variation", p.size(), q.size());
    return (p.derived().template cast<double>().array() - q.derived().template cast<double>().array()).abs().sum() / 2;
}

inline namespace PLUCK_BUILD {

/// The entropy of what the chain draws from the row, in nats.
template <class X, chain_like Chain>
[[nodiscard]] double entropy(const X& row, const Chain& chain) {
    return entropy_of(probabilities(row, chain));
}
template <class X, chain_like Chain>
[[nodiscard]] double entropy(const X& row, const Chain& chain, const key& key) {
    return entropy_of(probabilities(row, chain, key));
}

/// exp(entropy).
template <class X, chain_like Chain>
[[nodiscard]] double perplexity(const X& row, const Chain& chain) {
    return perplexity_of(probabilities(row, chain));
}
template <class X, chain_like Chain>
[[nodiscard]] double perplexity(const X& row, const Chain& chain, const key& key) {
    return perplexity_of(probabilities(row, chain, key));
}

/// 1 / sum p^2.
template <class X, chain_like Chain>
[[nodiscard]] double effective_size(const X& row, const Chain& chain) {
    return effective_size_of(probabilities(row, chain));
}
template <class X, chain_like Chain>
[[nodiscard]] double effective_size(const X& row, const Chain& chain, const key& key) {
    return effective_size_of(probabilities(row, chain, key));
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
