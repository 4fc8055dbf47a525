// SPDX-License-Identifier: MIT
//
// Rows whose scores are put into scratch memory only where something reads them: 16-bit logits, which become floats
// then, and logits of which adjusters have moved or forbidden some. They are scanned where they lie, and of most rows
// few blocks are ever read.
#pragma once

#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// A view of 16-bit logits.
template <class View>
concept narrow_view = requires(const View& view) {
    typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
};

/// The loops for logits of one type, at any address of that type. Only a row that needs them refers to its table, so
/// that a program contains the loops of those types alone that it reads.
struct format_loops {
    extremes (*scan)(const void* logits, std::size_t size, std::int32_t* block_best) noexcept;
    extremes (*scan_masked)(const void* logits, const std::uint64_t* forbidden, std::size_t size,
                            std::int32_t* block_best) noexcept;
    extremes (*scan_moved)(const void* logits, std::size_t size, const edited_scores& edited, const moved_tokens& moved,
                           std::int32_t* block_best, const extremes& seen) noexcept;
    /// The scores that are not forbidden, and their tokens; returns how many.
    std::size_t (*gather_allowed)(const void* logits, std::size_t size, const edited_scores& edited, float* scores,
                                  std::int32_t* tokens) noexcept;
    /// Some logits, as floats.
    void (*copy)(const void* logits, std::size_t begin, std::size_t count, float* scores) noexcept;
    /// The blocks of a part of the row, which begins at `begin`, whose best score is in [low, high).
    void (*copy_blocks)(const void* logits, std::size_t begin, std::size_t size, const std::int32_t* block_best,
                        std::int32_t low, std::int32_t high, const edited_scores& edited, float* scores) noexcept;
    float (*one)(const void* logits, std::size_t i) noexcept;
    widen_function widen;  ///< null for floats

    /// Those of a type; defined in definitions/deferred.hpp: where pluck::compiled is linked, in the library.
    [[nodiscard]] PLUCK_EXPORT static const format_loops& of(half) noexcept;
    [[nodiscard]] PLUCK_EXPORT static const format_loops& of(bfloat16) noexcept;
    [[nodiscard]] PLUCK_EXPORT static const format_loops& of(float) noexcept;
};

/// Adds to `forbidden`, a word for each block, what a mask does not allow; returns how many tokens are left.
[[nodiscard]] PLUCK_EXPORT std::size_t forbid_by_mask(std::span<const std::uint32_t> words, std::size_t size,
                                                      std::uint64_t* forbidden) noexcept;

/// Where scores come from that are not in scratch memory yet.
class deferred_row {
public:
    PLUCK_TAGGED deferred_row() noexcept {}

    /// Returns false, and does nothing, unless the logits are contiguous. The floats will be at `scores`.
    template <narrow_view View>
    [[nodiscard]] PLUCK_TAGGED bool read(const View& view, float* scores) noexcept {
        using format = typename scalar_traits<std::remove_cvref_t<decltype(*view.data)>>::layout;
        const bool aligned = reinterpret_cast<std::uintptr_t>(view.data) % sizeof(std::uint16_t) == 0;
        if (view.data == nullptr || view.stride != 1 || !aligned) return false;
        begin(view.data, view.size, scores, format_loops::of(format{}));
        return true;
    }
    /// The same of contiguous floats, which may lie at `scores`.
    PLUCK_TAGGED void read(const float* logits, std::size_t size, float* scores) noexcept {
        begin(logits, size, scores, format_loops::of(float{}));
    }

    [[nodiscard]] PLUCK_TAGGED bool is_there() const noexcept { return logits_ != nullptr; }
    [[nodiscard]] PLUCK_TAGGED bool is_edited() const noexcept { return marks_ != nullptr || forbidden_ != nullptr; }

    /// Where a logit lies.
    [[nodiscard]] PLUCK_TAGGED const void* address_of(std::size_t i) const noexcept {
        const std::size_t bytes = loops_->widen == nullptr ? sizeof(float) : sizeof(std::uint16_t);
        return static_cast<const unsigned char*>(logits_) + i * bytes;
    }
    /// One of the scores, as a float.
    [[nodiscard]] PLUCK_TAGGED float at(std::size_t i) const noexcept {
        const edited_scores edited = edited_from(0);
        if ((edited.forbidden_of(i / block_size) >> (i % block_size) & 1u) != 0) return detail::minus_infinity;
        const bool moved = (edited.moved_of(i / block_size) >> (i % block_size) & 1u) != 0;
        return moved ? scores_[i] : logit(i);
    }

    // ---- before the scan ----

    /// Scores will be moved. `marks`, a word for each block, must stay as they are for as long as the row is deferred,
    /// and `places` and `logits`, [size], until the scan.
    PLUCK_TAGGED void begin_edits(std::uint64_t* marks, std::int32_t* places, float* logits) noexcept {
        if (marks_ != nullptr) return;
        __builtin_memset(marks, 0, blocks_of(size_) * sizeof *marks);
        marks_ = marks;
        moved_ = {places, logits, 0};
    }
    /// score = f(score, i) for the token ids[i]; -infinity stays. Stops at an id outside the row, and returns false.
    template <class Ids, class F>
    [[nodiscard]] PLUCK_TAGGED bool edit(const Ids& ids, const F& f) noexcept {
        const bool simple = loops_->widen == nullptr && forbidden_ == nullptr;
        return simple ? edit_by<true>(ids, f) : edit_by<false>(ids, f);
    }

    /// Forbids what a mask does not allow, and returns how many tokens are left. `forbidden`, a word for each block and
    /// one more, must stay as it is for as long as the row is deferred.
    [[nodiscard]] PLUCK_TAGGED std::size_t forbid(std::span<const std::uint32_t> words,
                                                  std::uint64_t* forbidden) noexcept {
        if (forbidden_ == nullptr) __builtin_memset(forbidden, 0, (blocks_of(size_) + 1) * sizeof *forbidden);
        forbidden_ = forbidden;
        return forbid_by_mask(words, size_, forbidden);
    }

    /// The scores that masks have left, and their tokens; returns how many.
    [[nodiscard]] PLUCK_TAGGED std::size_t gather_allowed(float* scores, std::int32_t* tokens) const noexcept {
        return loops_->gather_allowed(logits_, size_, edited_from(0), scores, tokens);
    }

    /// Puts all of them in place.
    PLUCK_TAGGED void need_all() noexcept {
        if (is_there() && !is_edited()) loops_->copy(logits_, 0, size_, scores_);
        for (std::size_t begin = 0; is_edited() && begin < size_; begin += block_size) need_block(begin);
        drop();
    }

    /// Finds what a scan of all scores would; but false where some were moved and there is a NaN, among the logits or
    /// the scores: then all scores are there, and are to be scanned.
    [[nodiscard]] PLUCK_TAGGED bool scan(std::int32_t* block_best, extremes& seen) noexcept {
        block_best_ = block_best;
        seen = forbidden_ == nullptr ? loops_->scan(logits_, size_, block_best)
                                     : loops_->scan_masked(logits_, forbidden_, size_, block_best);
        if (moved_.count == 0) return true;
        if (!seen.nan) seen = loops_->scan_moved(logits_, size_, edited_from(0), moved_, block_best, seen);
        if (!seen.nan) return true;
        need_all();
        return false;
    }

    // ---- after it ----

    /// Puts every block in place whose best ordered score is at least this.
    PLUCK_TAGGED void need(std::int32_t score) noexcept {
        if (logits_ == nullptr || score >= low_) return;
        copy_blocks(0, size_, score, low_, scores_);
        low_ = score;
    }

    /// Puts this block in place.
    PLUCK_TAGGED void need_block(std::size_t begin) noexcept {
        if (logits_ == nullptr) return;
        const std::int32_t any = 0;
        const std::size_t count = size_ - begin < block_size ? size_ - begin : block_size;
        loops_->copy_blocks(logits_, begin, count, &any, any, any + 1, edited_from(begin), scores_ + begin);
    }

    /// The row for a loop that reads few blocks, each of them once.
    [[nodiscard]] PLUCK_TAGGED row_view view(const row_view& row) noexcept {
        row_view result = row;
        if (!is_there()) return result;
        if (loops_->widen == nullptr) {
            result.scores = static_cast<const float*>(logits_);
            result.edited = edited_from(0);
        } else if (marks_ == nullptr) {
            result.edited = edited_from(0);
            result.narrow = static_cast<const std::uint16_t*>(logits_);
            result.widen = loops_->widen;
        } else {
            need(row.kept.score);
        }
        return result;
    }

    /// Calls f(part, begin) for a loop that reads most scores, each of them once: with the row, or where it is not in
    /// place yet with one part after the other, of whole blocks, of which those whose best score is at least `low` are
    /// there. That takes less time than putting the row in place. f returns false to stop.
    template <class F>
    PLUCK_TAGGED void in_parts(const row_view& row, std::int32_t low, const F& f) const noexcept {
        if (!is_there()) return static_cast<void>(f(row, std::size_t{0}));
        constexpr std::size_t most = 64 * block_size;  // so that the first-level cache holds them
        alignas(64) float scores[most];
        for (std::size_t begin = 0; begin < row.size; begin += most) {
            row_view part{&scores[0], row.size - begin, row.block_best + begin / block_size, row.kept};
            part.size = part.size < most ? part.size : most;
            part.kept.ties_end -= part.kept.ties_end < begin ? part.kept.ties_end : begin;
            copy_blocks(begin, part.size, low, (std::numeric_limits<std::int32_t>::max)(), &scores[0]);
            if (!f(part, begin)) return;
        }
    }

    /// Copies some of the scores, as floats.
    PLUCK_TAGGED void copy(std::size_t begin, std::size_t count, float* to) const noexcept {
        if (!is_edited()) return loops_->copy(logits_, begin, count, to);
        for (std::size_t i = 0; i < count; ++i) to[i] = at(begin + i);
    }

    /// Something else has written all scores.
    PLUCK_TAGGED void drop() noexcept {
        logits_ = nullptr;
        marks_ = nullptr;
        forbidden_ = nullptr;
        moved_ = {};
    }

private:
    /// A member is read once, and kept in a register: no store of the loop can change it.
    template <bool Simple, class Ids, class F>
    [[nodiscard]] PLUCK_TAGGED bool edit_by(const Ids& ids, const F& move) noexcept {
        std::conditional_t<std::is_trivially_copyable_v<F>, const F, const F&> f = move;
        const auto* const floats = static_cast<const float*>(logits_);
        float* const scores = scores_;
        std::uint64_t* const marks = marks_;
        const moved_tokens moved = moved_;
        const std::size_t size = size_;
        std::size_t count = moved.count, i = 0;
        bool are_tokens = true;
        for (const auto id : ids) {
            are_tokens = std::in_range<std::uint32_t>(id) && static_cast<std::size_t>(id) < size;
            if (!are_tokens) break;
            const auto at = static_cast<std::size_t>(id);
            const std::size_t n = i++;
            const std::uint64_t mark = std::uint64_t{1} << (at % block_size);
            if constexpr (!Simple) {
                if ((edited_from(0).forbidden_of(at / block_size) & mark) != 0) continue;
            }
            std::uint64_t& word = marks[at / block_size];
            const bool again = (word & mark) != 0;
            const float score = again ? scores[at] : Simple ? floats[at] : logit(at);
            if (detail::is_minus_infinity(score)) continue;
            if (!again) {
                moved.places[count] = static_cast<std::int32_t>(at);
                moved.logits[count++] = score;
                word |= mark;
            }
            scores[at] = f(score, n);
        }
        moved_.count = count;
        return are_tokens;
    }

    PLUCK_TAGGED void begin(const void* logits, std::size_t size, float* scores, const format_loops& loops) noexcept {
        logits_ = logits;
        size_ = size;
        scores_ = scores;
        loops_ = &loops;
    }

    [[nodiscard]] PLUCK_TAGGED float logit(std::size_t i) const noexcept {
        return loops_->widen == nullptr ? static_cast<const float*>(logits_)[i] : loops_->one(logits_, i);
    }

    /// What adjusters have done to the part that begins with this block.
    [[nodiscard]] PLUCK_TAGGED edited_scores edited_from(std::size_t begin) const noexcept {
        const std::size_t block = begin / block_size;
        return {marks_ != nullptr ? marks_ + block : nullptr, scores_ + begin,
                forbidden_ != nullptr ? forbidden_ + block : nullptr};
    }

    PLUCK_TAGGED void copy_blocks(std::size_t begin, std::size_t size, std::int32_t low, std::int32_t high,
                                  float* to) const noexcept {
        loops_->copy_blocks(logits_, begin, size, block_best_ + begin / block_size, low, high, edited_from(begin), to);
    }

    const void* logits_ = nullptr;  // [size_]; null if there is nothing to be done
    std::int32_t* block_best_ = nullptr;
    float* scores_ = nullptr;
    std::size_t size_ = 0;
    const format_loops* loops_ = nullptr;  // those of its type, if there is something to be done
    std::int32_t low_ = (std::numeric_limits<std::int32_t>::max)();  // blocks with such a best score or more are there
    std::uint64_t* marks_ = nullptr;      // a bit for each token that has moved: its score is at scores_
    moved_tokens moved_;                  // which these are
    std::uint64_t* forbidden_ = nullptr;  // a bit for each token that is -infinity, wherever its score lies
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD

#if !PLUCK_COMPILED || PLUCK_COMPILED_SOURCE
#include <pluck/cpu/definitions/deferred.hpp>
#endif
