// SPDX-License-Identifier: MIT
//
// Rows of 16-bit logits that lie side by side. They are scanned as they are, and a block becomes floats when something
// looks into it: of most rows few blocks do.
#pragma once

#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/scan.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD {

namespace kernels {

/// The bits of infinity. Of both formats the bits are a sign and a magnitude, as a float's are.
template <class Format>
inline constexpr std::int16_t infinite_bits = std::same_as<Format, half> ? 0x7c00 : 0x7f80;

[[nodiscard]] PLUCK_ALWAYS_INLINE std::int16_t ordered_short(std::uint16_t bits) noexcept {
    const auto magnitude = static_cast<std::int16_t>(bits & 0x7fffu);
    return (bits & 0x8000u) != 0 ? static_cast<std::int16_t>(-magnitude) : magnitude;
}

/// As ordered float, of an ordered short.
template <class Format>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t widened_score(std::int16_t ordered) noexcept {
    const int magnitude = ordered < 0 ? -ordered : ordered;
    const std::int32_t wide =
        detail::ordered(scalar_traits<Format>::widen(Format{static_cast<std::uint16_t>(magnitude)}));
    return ordered < 0 ? -wide : wide;
}

/// Eight ordered shorts as ordered floats.
template <class Isa, class Format>
PLUCK_ALWAYS_INLINE void widen_scores(const ints& ordered, std::int32_t* wide) noexcept {
    std::uint16_t magnitudes[lanes];
    float widened[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        magnitudes[i] = static_cast<std::uint16_t>(ordered[i] < 0 ? -ordered[i] : ordered[i]);
    }
    widen_lanes<Isa, Format>(magnitudes, widened);
    for (std::size_t i = 0; i < lanes; ++i) {
        const auto bits = detail::bits_as<std::int32_t>(widened[i]);
        wide[i] = ordered[i] < 0 ? -bits : bits;
    }
}

/// What `scan` finds, of a row of halves or bfloat16.
template <class Format>
struct scan_narrow {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const std::uint16_t* logits, std::size_t size,
                                                          std::int32_t* block_best) noexcept {
        constexpr std::size_t group = lanes * block_size;
        constexpr std::make_index_sequence<block_size / short_lanes - 1> steps;  // g++ -O2 unrolls no loop
        std::int16_t row_best = std::numeric_limits<std::int16_t>::min();
        ushorts most = {};
        std::uint16_t rest_most = 0;
        ints group_best = row_best - ints{};
        std::size_t begin = 0;
        for (; size - begin >= group; begin += group, block_best += lanes) {
            shorts each[lanes];
            ints best;
            for (std::size_t block = 0; block < lanes; ++block) {
                most_of_block<Isa>(most, each[block], logits + begin + block * block_size, steps);
            }
            largest_of_each(best, each);
            if (any_negative<Isa>(best)) {
                ints nearest;
                for (std::size_t block = 0; block < lanes; ++block) {
                    nearest_of_block(each[block], logits + begin + block * block_size, steps);
                }
                largest_of_each(nearest, each);
                best = best < 0 ? nearest : best;
            }
            raise(group_best, best);
            widen_scores<Isa, Format>(best, block_best);
        }
        for (std::size_t i = 0; i < lanes; ++i) {
            row_best = group_best[i] > row_best ? static_cast<std::int16_t>(group_best[i]) : row_best;
        }
        for (; begin < size; begin = block_end(begin, size), ++block_best) {
            std::int16_t best = std::numeric_limits<std::int16_t>::min();
            for (std::size_t i = begin; i < block_end(begin, size); ++i) {
                const std::int16_t score = ordered_short(logits[i]);
                best = score > best ? score : best;
                rest_most = logits[i] > rest_most ? logits[i] : rest_most;
            }
            row_best = best > row_best ? best : row_best;
            *block_best = widened_score<Format>(best);
        }
        for (std::size_t i = 0; i < short_lanes; ++i) rest_most = most[i] > rest_most ? most[i] : rest_most;
        const std::int16_t lowest = rest_most > 0x8000u ? ordered_short(rest_most) : std::int16_t{0};
        extremes row;
        row.best = widened_score<Format>(row_best);
        row.lowest = widened_score<Format>(lowest);
        row.nan = row_best > infinite_bits<Format> || lowest < -infinite_bits<Format>;
        return row;
    }

private:
    /// As those of `scan`.
    template <class Isa, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void most_of_block(ushorts& most, shorts& best, const std::uint16_t* logits,
                                                  std::index_sequence<Steps...>) noexcept {
        ushorts bits;
        load_lanes(bits, logits);
        hold<Isa>(bits);
        raise(most, bits);
        best = shorts(bits);
        ((load_lanes(bits, logits + short_lanes * (Steps + 1)), hold<Isa>(bits), raise(most, bits),
          raise(best, shorts(bits))),
         ...);
    }
    template <std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void nearest_of_block(shorts& best, const std::uint16_t* logits,
                                                     std::index_sequence<Steps...>) noexcept {
        shorts bits;
        load_lanes(bits, logits);
        best = -(bits & std::int16_t{0x7fff});
        ((load_lanes(bits, logits + short_lanes * (Steps + 1)), raise(best, -(bits & std::int16_t{0x7fff}))), ...);
    }
};

}  // namespace kernels

/// A view of 16-bit logits.
template <class View>
concept narrow_view = requires(const View& view) {
    typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
};

/// What there is for rows of one 16-bit format. Only a row of that format refers to its table, so that a program holds
/// the loops of those formats that it reads.
struct narrow_loops {
    kernels::extremes (*scan)(const std::uint16_t* logits, std::size_t size, std::int32_t* block_best) noexcept;
    widen_function widen;
    void (*widen_blocks)(const std::uint16_t* logits, std::size_t size, const std::int32_t* block_best,
                         std::int32_t low, std::int32_t high, float* scores) noexcept;
    float (*widen_one)(std::uint16_t logit) noexcept;

    template <class Format>
    [[nodiscard]] static const narrow_loops& of() noexcept {
        static constexpr narrow_loops all{call<kernels::scan_narrow<Format>>, call<kernels::widen<Format>>,
                                          call<kernels::widen_blocks<Format>>, one<Format>};
        return all;
    }

private:
    template <class Kernel, class... Arguments>
    static auto call(Arguments... arguments) noexcept {
        return run_kernel<Kernel>(arguments...);
    }
    template <class Format>
    static float one(std::uint16_t logit) noexcept {
        return scalar_traits<Format>::widen(Format{logit});
    }
};

/// Where the floats of a row come from, if they are not there yet.
class narrow_row {
public:
    narrow_row() noexcept = default;

    /// False, and nothing done, unless the logits lie side by side. `scores` is where they will be floats.
    template <narrow_view View>
    [[nodiscard]] bool read(const View& view, float* scores) noexcept {
        using format = typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
        const bool aligned = reinterpret_cast<std::uintptr_t>(view.data) % sizeof(std::uint16_t) == 0;
        if (view.data == nullptr || view.stride != 1 || !aligned) return false;
        logits_ = reinterpret_cast<const std::uint16_t*>(view.data);
        size_ = view.size;
        scores_ = scores;
        loops_ = &narrow_loops::of<format>();
        return true;
    }

    [[nodiscard]] bool is_there() const noexcept { return logits_ != nullptr; }

    [[nodiscard]] kernels::extremes scan(std::int32_t* block_best) noexcept {
        block_best_ = block_best;
        return loops_->scan(logits_, size_, block_best);
    }

    /// From now on every block whose best ordered score is at least this is there as floats.
    void need(std::int32_t score) noexcept {
        if (logits_ == nullptr || score >= low_) return;
        widen_blocks(0, size_, score, low_, scores_);
        low_ = score;
    }

    /// From now on this block is.
    void need_block(std::size_t begin) noexcept {
        if (logits_ != nullptr) copy(begin, kernels::block_end(begin, size_) - begin, scores_ + begin);
    }

    /// The row for a loop that reads few blocks, and each once.
    [[nodiscard]] row_view view(const row_view& row) const noexcept {
        row_view result = row;
        result.narrow = logits_;
        result.widen = is_there() ? loops_->widen : nullptr;
        return result;
    }

    /// f(part, begin) for a loop that reads most scores, and each once: the row, or where it is not there yet one part
    /// after the other, of whole blocks, in which the blocks whose best score is at least `low` are floats. That takes
    /// less than to write them to where the row is. False from f ends it.
    template <class F>
    void in_parts(const row_view& row, std::int32_t low, const F& f) const noexcept {
        if (!is_there()) return static_cast<void>(f(row, std::size_t{0}));
        constexpr std::size_t most = 64 * block_size;  // so that the first-level cache holds them
        alignas(64) float scores[most];
        for (std::size_t begin = 0; begin < row.size; begin += most) {
            row_view part{&scores[0], row.size - begin, row.block_best + begin / block_size, row.kept};
            part.size = part.size < most ? part.size : most;
            part.kept.ties_end -= part.kept.ties_end < begin ? part.kept.ties_end : begin;
            widen_blocks(begin, part.size, low, std::numeric_limits<std::int32_t>::max(), &scores[0]);
            if (!f(part, begin)) return;
        }
    }

    /// Some of them, as floats.
    void copy(std::size_t begin, std::size_t count, float* to) const noexcept {
        loops_->widen(logits_ + begin, count, to);
    }

    /// The same of all, before there are best scores.
    void need_all() noexcept {
        for (std::size_t i = 0; logits_ != nullptr && i < size_; ++i) scores_[i] = at(i);
        drop();
    }

    /// One of them, as a float.
    [[nodiscard]] float at(std::size_t i) const noexcept { return loops_->widen_one(logits_[i]); }

    /// All is there, from elsewhere.
    void drop() noexcept { logits_ = nullptr; }

private:
    void widen_blocks(std::size_t begin, std::size_t size, std::int32_t low, std::int32_t high,
                      float* to) const noexcept {
        const std::int32_t* best = block_best_ + begin / block_size;
        loops_->widen_blocks(logits_ + begin, size, best, low, high, to);
    }

    const std::uint16_t* logits_ = nullptr;  // [size_]; null if there is nothing to be done
    const std::int32_t* block_best_ = nullptr;
    float* scores_ = nullptr;
    std::size_t size_ = 0;
    const narrow_loops* loops_ = nullptr;  // those of its format, if there is something to be done
    std::int32_t low_ = std::numeric_limits<std::int32_t>::max();  // blocks with such a best score or more are there
};

}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD
