// SPDX-License-Identifier: MIT
//
// A sample of a row's tokens. It says where to look for a cut, and never decides where the cut is.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/mass_bounds.hpp>
#include <pluck/cpu/kernels/masses.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// A sample: the same number of tokens from each of many places, at random distances, since rows may be periodic.
inline constexpr std::size_t sampled_places = 128;
inline constexpr std::size_t sampled_neighbours = 16;
inline constexpr std::size_t max_sampled = sampled_places * sampled_neighbours;

/// Where the places of a sample begin, one after the other, in a row of max_sampled tokens or more.
class sample_places {
public:
    PLUCK_ALWAYS_INLINE explicit sample_places(std::size_t size) noexcept : lines_(size / sampled_neighbours) {}

    /// A random one of the lines that belong to the next place; a cache line, where the row begins with one.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t next() noexcept {
        random_ = random_ * 1664525 + 1013904223;  // any will do; this one is from Numerical Recipes, chapter 7
        const std::size_t first = place_ * lines_ / sampled_places;
        const std::size_t end = ++place_ * lines_ / sampled_places;
        return (first + ((std::uint64_t{random_} * (end - first)) >> 32)) * sampled_neighbours;
    }

private:
    std::size_t lines_;
    std::size_t place_ = 0;
    std::uint32_t random_ = 1;
};

/// Takes the sample of a row's scores, kept or not; `copy(begin, count, to)` copies a part of the row.
template <class Copy>
inline void take_sample(std::size_t size, float* to, const Copy& copy) noexcept {
    sample_places places(size);
    for (std::size_t i = 0; i < max_sampled; i += sampled_neighbours) copy(places.next(), sampled_neighbours, to + i);
}

/// How many tokens of the row are below a score, and their mass in units of the best one's, estimated by a sample.
struct sampled_tail {
    double tokens;
    double weight;
};

struct sample_below {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static sampled_tail run(const float* sample, std::size_t size, float best,
                                                              float scale, float high) noexcept {
        constexpr std::make_index_sequence<plain<Isa> ? 1 : 4> steps;  // sums that do not wait for each other
        const chord power(mass_origin(best, scale));
        const floats_of<Isa> from = high - floats_of<Isa>{};
        floats_of<Isa> sums[4] = {};
        ints_of<Isa> counts = {};
        for (std::size_t i = 0; i < max_sampled; i += steps.size() * lanes_of<Isa>) {
            add_below<Isa>(sums, counts, sample + i, power, from, steps);
        }
        sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        double sum = 0;
        std::int32_t count = 0;
        for (std::size_t i = 0; i < lanes_of<Isa>; ++i) {
            sum += static_cast<double>(sums[0][i]);
            count += counts[i];
        }
        const double share = static_cast<double>(size) / max_sampled;
        return {count * share, sum * (0.5 * (chord::least + chord::most)) * share};
    }

private:
    template <class Isa, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void add_below(floats_of<Isa>* sums, ints_of<Isa>& counts, const float* scores,
                                              const chord& power, const floats_of<Isa>& high,
                                              std::index_sequence<Steps...>) noexcept {
        floats_of<Isa> some, powers;
        ((load_lanes(some, scores + Steps * lanes_of<Isa>), power.of_lanes<Isa>(powers, scores + Steps * lanes_of<Isa>),
          sums[Steps] += some < high ? powers : floats_of<Isa>{}, counts -= ints_of<Isa>(some < high)),
         ...);
    }
};

/// The mass of the best tokens of those blocks that reach `low`, in units of the best one's mass.
struct best_powers {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static double run(const std::int32_t* block_best, std::size_t blocks, float best,
                                                        float scale, std::int32_t low) noexcept {
        const chord power(mass_origin(best, scale));
        floats_of<Isa> sums = {};
        std::size_t i = 0;
        for (; i + lanes_of<Isa> <= blocks; i += lanes_of<Isa>) {
            ints_of<Isa> order;
            load_lanes(order, block_best + i);
            const auto below = ints_of<Isa>(order < low);
            float scores[lanes_of<Isa>];
            for (std::size_t lane = 0; lane < lanes_of<Isa>; ++lane)
                scores[lane] = detail::float_of(block_best[i + lane]);
            floats_of<Isa> powers;
            power.of_lanes<Isa>(powers, &scores[0]);
            sums += floats_of<Isa>(ints_of<Isa>(powers) & ~below);
        }
        double sum = 0;
        for (std::size_t lane = 0; lane < lanes_of<Isa>; ++lane) sum += static_cast<double>(sums[lane]);
        for (; i < blocks; ++i) {
            if (block_best[i] >= low) sum += static_cast<double>(power.of<Isa>(detail::float_of(block_best[i])));
        }
        return sum;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
