// SPDX-License-Identifier: MIT
//
// Rows of contiguous 16-bit logits. They are scanned as they are, and a block is converted to floats when something
// reads it: in most rows few blocks are.
#pragma once

#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// A view of 16-bit logits.
template <class View>
concept narrow_view = requires(const View& view) {
    typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
};

/// The loops for rows of one 16-bit format. Only a row of that format refers to its table, so that a program contains
/// the loops of those formats alone that it reads.
struct narrow_loops {
    extremes (*scan)(const std::uint16_t* logits, std::size_t size, std::int32_t* block_best) noexcept;
    widen_function widen;
    void (*widen_blocks)(const std::uint16_t* logits, std::size_t size, const std::int32_t* block_best,
                         std::int32_t low, std::int32_t high, float* scores) noexcept;
    float (*widen_one)(std::uint16_t logit) noexcept;

    /// Those of a format; defined in definitions/narrow.hpp: where pluck::compiled is linked, in the library.
    [[nodiscard]] PLUCK_EXPORT static const narrow_loops& of(half) noexcept;
    [[nodiscard]] PLUCK_EXPORT static const narrow_loops& of(bfloat16) noexcept;
};

/// 16-bit source of scores not yet converted.
class narrow_row {
public:
    PLUCK_TAGGED narrow_row() noexcept {}

    /// Returns false, and does nothing, unless the logits are contiguous. The floats will be at `scores`.
    template <narrow_view View>
    [[nodiscard]] PLUCK_TAGGED bool read(const View& view, float* scores) noexcept {
        using format = typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
        const bool aligned = reinterpret_cast<std::uintptr_t>(view.data) % sizeof(std::uint16_t) == 0;
        if (view.data == nullptr || view.stride != 1 || !aligned) return false;
        logits_ = reinterpret_cast<const std::uint16_t*>(view.data);
        size_ = view.size;
        scores_ = scores;
        loops_ = &narrow_loops::of(format{});
        return true;
    }

    [[nodiscard]] PLUCK_TAGGED bool is_there() const noexcept { return logits_ != nullptr; }

    [[nodiscard]] PLUCK_TAGGED extremes scan(std::int32_t* block_best) noexcept {
        block_best_ = block_best;
        return loops_->scan(logits_, size_, block_best);
    }

    /// Converts every block whose best ordered score is at least this.
    PLUCK_TAGGED void need(std::int32_t score) noexcept {
        if (logits_ == nullptr || score >= low_) return;
        widen_blocks(0, size_, score, low_, scores_);
        low_ = score;
    }

    /// Converts this block.
    PLUCK_TAGGED void need_block(std::size_t begin) noexcept {
        if (logits_ != nullptr) copy(begin, size_ - begin < block_size ? size_ - begin : block_size, scores_ + begin);
    }

    /// The row for a loop that reads few blocks, each of them once.
    [[nodiscard]] PLUCK_TAGGED row_view view(const row_view& row) const noexcept {
        row_view result = row;
        result.narrow = logits_;
        result.widen = is_there() ? loops_->widen : nullptr;
        return result;
    }

    /// Calls f(part, begin) for a loop that reads most scores, each of them once: with the row, or where it is not
    /// converted yet with one part after the other, of whole blocks, of which those whose best score is at least `low`
    /// are floats. That takes less time than converting the row in place. f returns false to stop.
    template <class F>
    PLUCK_TAGGED void in_parts(const row_view& row, std::int32_t low, const F& f) const noexcept {
        if (!is_there()) return static_cast<void>(f(row, std::size_t{0}));
        constexpr std::size_t most = 64 * block_size;  // so that the first-level cache holds them
        alignas(64) float scores[most];
        for (std::size_t begin = 0; begin < row.size; begin += most) {
            row_view part{&scores[0], row.size - begin, row.block_best + begin / block_size, row.kept};
            part.size = part.size < most ? part.size : most;
            part.kept.ties_end -= part.kept.ties_end < begin ? part.kept.ties_end : begin;
            widen_blocks(begin, part.size, low, (std::numeric_limits<std::int32_t>::max)(), &scores[0]);
            if (!f(part, begin)) return;
        }
    }

    /// Copies some of the scores, as floats.
    PLUCK_TAGGED void copy(std::size_t begin, std::size_t count, float* to) const noexcept {
        loops_->widen(logits_ + begin, count, to);
    }

    /// Converts all of them, before there are best scores.
    PLUCK_TAGGED void need_all() noexcept {
        for (std::size_t i = 0; logits_ != nullptr && i < size_; ++i) scores_[i] = at(i);
        drop();
    }

    /// One of the scores, as a float.
    [[nodiscard]] PLUCK_TAGGED float at(std::size_t i) const noexcept { return loops_->widen_one(logits_[i]); }

    /// Something else has written all scores.
    PLUCK_TAGGED void drop() noexcept { logits_ = nullptr; }

private:
    PLUCK_TAGGED void widen_blocks(std::size_t begin, std::size_t size, std::int32_t low, std::int32_t high,
                                   float* to) const noexcept {
        const std::int32_t* best = block_best_ + begin / block_size;
        loops_->widen_blocks(logits_ + begin, size, best, low, high, to);
    }

    const std::uint16_t* logits_ = nullptr;  // [size_]; null if there is nothing to be done
    const std::int32_t* block_best_ = nullptr;
    float* scores_ = nullptr;
    std::size_t size_ = 0;
    const narrow_loops* loops_ = nullptr;  // those of its format, if there is something to be done
    std::int32_t low_ = (std::numeric_limits<std::int32_t>::max)();  // blocks with such a best score or more are there
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD

#if !PLUCK_COMPILED || PLUCK_COMPILED_SOURCE
#include <pluck/cpu/definitions/narrow.hpp>
#endif
